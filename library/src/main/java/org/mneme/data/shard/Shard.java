package org.mneme.data.shard;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;

/// One file of documents, mapped into memory.
final class Shard {
  private static final ValueLayout.OfShort U16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt U32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong U64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment file;
  private final int width;
  private final long tokens;
  private final int documents;
  private final long tokensAt;
  private final long wordsAt;

  private Shard(MemorySegment file, int width, long tokens, int documents) {
    this.file = file;
    this.width = width;
    this.tokens = tokens;
    this.documents = documents;
    tokensAt = ShardFormat.tokensAt(documents);
    wordsAt = ShardFormat.wordsAt(documents, tokens, width);
  }

  /// Maps `path` as long as `arena` lives.
  ///
  /// @param tokenizerHash what its tokens have to be made with
  static Shard map(Path path, String tokenizerHash, Arena arena) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < ShardFormat.HEADER) {
        throw ShardFormat.broken(
            path, "has %d bytes, not even a header; prepare it again".formatted(size));
      }
      return check(path, channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena), tokenizerHash);
    } catch (IOException e) {
      throw ShardFormat.broken(path, "cannot be read: " + e, e);
    }
  }

  private static Shard check(Path path, MemorySegment file, String tokenizerHash) {
    byte[] magic = file.asSlice(0, ShardFormat.MAGIC.length).toArray(ValueLayout.JAVA_BYTE);
    if (!Arrays.equals(magic, ShardFormat.MAGIC)) {
      throw ShardFormat.broken(path, "is no shard of tokens; prepare it with `mneme prepare`");
    }
    int version = file.get(U32, ShardFormat.VERSION_AT);
    if (version != ShardFormat.VERSION) {
      throw ShardFormat.broken(
          path,
          "has version %d, this Mneme reads %d; prepare it again"
              .formatted(version, ShardFormat.VERSION));
    }
    int width = file.get(U32, ShardFormat.WIDTH_AT);
    long tokens = file.get(U64, ShardFormat.TOKENS_AT);
    long documents = file.get(U64, ShardFormat.DOCUMENTS_AT);
    boolean plausible =
        (width == Short.BYTES || width == Integer.BYTES)
            && tokens >= 0
            && tokens <= file.byteSize()
            && documents >= 0
            && documents <= Math.min(file.byteSize(), Integer.MAX_VALUE);
    if (!plausible || ShardFormat.size(documents, tokens, width) != file.byteSize()) {
      throw ShardFormat.broken(
          path,
          "has %d bytes, which does not fit %d documents of %d tokens; prepare it again"
              .formatted(file.byteSize(), documents, tokens));
    }
    requireTokenizer(path, file, tokenizerHash);
    return new Shard(file, width, tokens, (int) documents);
  }

  private static void requireTokenizer(Path path, MemorySegment file, String expected) {
    byte[] stored =
        file.asSlice(ShardFormat.HASH_AT, ShardFormat.HASH_BYTES).toArray(ValueLayout.JAVA_BYTE);
    String found = HexFormat.of().formatHex(stored);
    if (!found.equals(expected)) {
      throw ShardFormat.broken(
          path, "was made with the tokenizer %s, the index says %s".formatted(found, expected));
    }
  }

  long tokens() {
    return tokens;
  }

  int documents() {
    return documents;
  }

  /// How many tokens the documents before `document` have.
  long start(int document) {
    return document == 0 ? 0 : file.get(U64, ShardFormat.HEADER + 8L * (document - 1));
  }

  /// Copies `count` tokens from `token` on to the place `at` of both arrays.
  void read(long token, int[] ids, boolean[] starts, int at, int count) {
    for (int i = 0; i < count; i++) {
      long place = token + i;
      ids[at + i] =
          width == Short.BYTES
              ? Short.toUnsignedInt(file.get(U16, tokensAt + 2 * place))
              : file.get(U32, tokensAt + 4 * place);
      byte bits = file.get(ValueLayout.JAVA_BYTE, wordsAt + (place >>> 3));
      starts[at + i] = (bits >>> (place & 7) & 1) != 0;
    }
  }
}
