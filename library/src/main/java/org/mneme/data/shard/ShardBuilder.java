package org.mneme.data.shard;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import org.mneme.text.TextTokens;

/// Gathers the documents of a shard in memory. For one thread.
final class ShardBuilder {
  private int[] ids = new int[1 << 16];
  private final BitSet wordStarts = new BitSet();
  private long[] ends = new long[1 << 10];
  private int tokens;
  private int documents;

  /// How many tokens there are so far.
  int tokens() {
    return tokens;
  }

  /// How many documents there are so far.
  int documents() {
    return documents;
  }

  /// Adds a document.
  void add(TextTokens document) {
    int[] more = document.ids();
    int[] words = document.words();
    while (ids.length < tokens + more.length) {
      ids = Arrays.copyOf(ids, ids.length * 2);
    }
    System.arraycopy(more, 0, ids, tokens, more.length);
    for (int i = 0; i < more.length; i++) {
      // what belongs to no word stands for itself
      wordStarts.set(tokens + i, i == 0 || words[i] < 0 || words[i] != words[i - 1]);
    }
    tokens += more.length;
    if (documents == ends.length) {
      ends = Arrays.copyOf(ends, documents * 2);
    }
    ends[documents++] = tokens;
  }

  /// The whole file.
  ///
  /// @param width bytes of an id, 2 or 4
  /// @param tokenizerHash 64 hexadecimal digits
  ByteBuffer file(int width, String tokenizerHash) {
    int size = Math.toIntExact(ShardFormat.size(documents, tokens, width));
    ByteBuffer file = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    file.put(ShardFormat.MAGIC);
    file.putInt(ShardFormat.VERSION).putInt(width).putLong(tokens).putLong(documents);
    file.put(HexFormat.of().parseHex(tokenizerHash)).position(ShardFormat.HEADER);
    for (int i = 0; i < documents; i++) {
      file.putLong(ends[i]);
    }
    for (int i = 0; i < tokens; i++) {
      if (width == Short.BYTES) {
        file.putShort((short) ids[i]);
      } else {
        file.putInt(ids[i]);
      }
    }
    file.position(Math.toIntExact(ShardFormat.wordsAt(documents, tokens, width)));
    file.put(wordStarts.toByteArray());
    return file.position(0);
  }

  /// Begins another shard.
  void clear() {
    wordStarts.clear();
    tokens = 0;
    documents = 0;
  }
}
