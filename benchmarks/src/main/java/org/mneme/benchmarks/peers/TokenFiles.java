package org.mneme.benchmarks.peers;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.mneme.data.MaskedLine;
import org.mneme.data.Masker;
import org.mneme.data.Masking;
import org.mneme.text.EncodingOptions;
import org.mneme.text.Tokenizer;

/// Real texts as rows of tokens of one length, in files that both sides read: texts one after the
/// other, cut where a row is full, between the two tokens that frame a text.
final class TokenFiles {
  /// The label of a token that is not to be guessed.
  static final int IGNORED = -100;

  private final Tokenizer tokenizer;
  private final int[] frame;
  private final int[] stream;

  /// Rows out of as many of `texts` as are needed for `tokens`.
  ///
  /// @throws IllegalArgumentException where they are not enough
  TokenFiles(Tokenizer tokenizer, List<String> texts, int tokens) {
    this.tokenizer = tokenizer;
    frame = tokenizer.encode("").ids();
    IntStream.Builder ids = IntStream.builder();
    int count = 0;
    for (int i = 0; i < texts.size() && count < tokens; i++) {
      int[] line = tokenizer.encode(texts.get(i), EncodingOptions.DEFAULT).ids();
      Arrays.stream(line, 1, line.length - 1).forEach(ids);
      count += line.length - 2;
    }
    if (count < tokens) {
      throw new IllegalArgumentException(
          "the texts hold %d tokens, %d are needed; name a larger file with --texts"
              .formatted(count, tokens));
    }
    stream = ids.build().toArray();
  }

  /// Row `row` of `time` tokens.
  private int[] row(int row, int time) {
    int inside = time - 2;
    int[] ids = new int[time];
    ids[0] = frame[0];
    System.arraycopy(stream, row * inside, ids, 1, inside);
    ids[time - 1] = frame[1];
    return ids;
  }

  /// Writes the ids `[rows, time]`.
  void write(int rows, int time, Path file) {
    RawFiles.write(
        file, IntStream.range(0, rows).flatMap(i -> Arrays.stream(row(i, time))).toArray());
  }

  /// Writes ids and labels `[rows, time]` of exercises: BERT's, with as many targets in each row.
  ///
  /// @return targets in a row
  int writeMasked(int rows, int time, Path ids, Path labels) {
    Masker masker = Masker.of(Masking.DEFAULT, tokenizer);
    int targets = (int) ((time - 2) * Masking.DEFAULT.probability());
    int[] words = IntStream.range(-1, time - 1).toArray(); // every token a word, the frame none
    words[time - 1] = -1;
    IntStream.Builder inputs = IntStream.builder();
    IntStream.Builder answers = IntStream.builder();
    for (int i = 0; i < rows; i++) {
      MaskedLine line = masked(masker, row(i, time), words, targets, i);
      int[] rowLabels = new int[time];
      Arrays.fill(rowLabels, IGNORED);
      for (int at = 0; at < targets; at++) {
        rowLabels[line.targetPositions()[at]] = line.targetLabels()[at];
      }
      Arrays.stream(line.inputIds()).forEach(inputs);
      Arrays.stream(rowLabels).forEach(answers);
    }
    RawFiles.write(ids, inputs.build().toArray());
    RawFiles.write(labels, answers.build().toArray());
    return targets;
  }

  /// The number of targets is a matter of chance, off by one; here it is not, as a compiled peer is
  /// faster where shapes stay.
  private static MaskedLine masked(Masker masker, int[] ids, int[] words, int targets, int row) {
    final int seeds = 1000;
    return IntStream.range(0, seeds)
        .mapToObj(seed -> masker.mask(ids, words, (long) row * seeds + seed))
        .filter(line -> line.targetLabels().length == targets)
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("row %d has no %d targets".formatted(row, targets)));
  }
}
