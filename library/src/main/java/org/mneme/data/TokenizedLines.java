package org.mneme.data;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.mneme.text.Encoding;
import org.mneme.text.EncodingOptions;
import org.mneme.text.Tokenizer;
import org.mneme.text.Vocabulary;

/// Texts as token ids, all in memory: eight bytes a token. Immutable as long as nobody writes into
/// the arrays it hands out.
public final class TokenizedLines implements TokenLines {
  private final int[][] ids;
  private final int[][] words;
  private final int[] textIndexes;
  private final int skipped;

  /// Lines that are tokens already, line `i` made of text `textIndexes[i]`.
  TokenizedLines(int[][] ids, int[][] words, int[] textIndexes, int skipped) {
    this.ids = ids;
    this.words = words;
    this.textIndexes = textIndexes;
    this.skipped = skipped;
  }

  /// Encodes `texts` with special tokens, cut to `maxLength` tokens, on all processors. A text that
  /// leaves nothing but special tokens (unknown letters, say) teaches nothing: it is left out and
  /// counted in [#skipped].
  public static TokenizedLines of(Tokenizer tokenizer, List<String> texts, int maxLength) {
    EncodingOptions options = EncodingOptions.DEFAULT.withMaxLength(maxLength);
    int[][] ids = new int[texts.size()][];
    int[][] words = new int[texts.size()][];
    IntStream.range(0, texts.size())
        .parallel()
        .forEach(i -> {
          Encoding encoding = tokenizer.encode(texts.get(i), options);
          ids[i] = encoding.ids();
          words[i] = encoding.wordIds();
        });
    Vocabulary vocabulary = tokenizer.vocabulary();
    int[] kept =
        IntStream.range(0, ids.length)
            .filter(i -> !Arrays.stream(ids[i]).allMatch(vocabulary::isSpecial))
            .toArray();
    return new TokenizedLines(
        Arrays.stream(kept).mapToObj(i -> ids[i]).toArray(int[][]::new),
        Arrays.stream(kept).mapToObj(i -> words[i]).toArray(int[][]::new),
        kept,
        ids.length - kept.length);
  }

  @Override
  public int size() {
    return ids.length;
  }

  @Override
  public int[] ids(int index) {
    return ids[index];
  }

  @Override
  public int[] words(int index) {
    return words[index];
  }

  /// The place, in the texts given, of the text that line `index` was made of.
  public int textIndex(int index) {
    return textIndexes[index];
  }

  @Override
  public int length(int index) {
    return ids[index].length;
  }

  /// All tokens together.
  public long tokens() {
    return Arrays.stream(ids).mapToLong(line -> line.length).sum();
  }

  /// How many texts were left out because they held nothing but special tokens.
  public int skipped() {
    return skipped;
  }
}
