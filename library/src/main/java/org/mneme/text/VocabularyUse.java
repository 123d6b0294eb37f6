package org.mneme.text;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Objects;

/// How often each token of a vocabulary occurs in some data. Not thread-safe.
public final class VocabularyUse {
  private final long[] counts;
  private long tokens;

  /// Nothing seen yet.
  ///
  /// @param vocabulary rows of the model's word embeddings, at least 1
  public VocabularyUse(int vocabulary) {
    counts = new long[vocabulary];
  }

  /// Counts tokens.
  ///
  /// @throws IndexOutOfBoundsException where an id is not in the vocabulary
  public void add(int[] ids) {
    for (int id : ids) {
      counts[Objects.checkIndex(id, counts.length)]++;
    }
    tokens += ids.length;
  }

  /// Counts what `other` counted, of the same vocabulary.
  public void add(VocabularyUse other) {
    if (other.counts.length != counts.length) {
      throw new IllegalArgumentException(
          "a vocabulary of %d tokens was counted, not of %d"
              .formatted(other.counts.length, counts.length));
    }
    for (int id = 0; id < counts.length; id++) {
      counts[id] += other.counts[id];
    }
    tokens += other.tokens;
  }

  /// Tokens of the vocabulary, seen or not.
  public int vocabulary() {
    return counts.length;
  }

  /// Tokens of the data.
  public long tokens() {
    return tokens;
  }

  /// How often a token occurs.
  public long count(int id) {
    return counts[id];
  }

  /// The ids that occur.
  public BitSet used() {
    BitSet used = new BitSet(counts.length);
    for (int id = 0; id < counts.length; id++) {
      used.set(id, counts[id] > 0);
    }
    return used;
  }

  /// The `most` ids that occur most often, at most as many as occur; of equally frequent ones those
  /// that are lower come first.
  public int[] mostFrequent(int most) {
    return used().stream()
        .boxed()
        .sorted(Comparator.comparingLong((Integer id) -> -counts[id]).thenComparing(id -> id))
        .limit(most)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /// How much of the data the most frequent tokens make up, from none of them to all that occur:
  /// element n is the share of the n most frequent, in [0, 1]; 1 where there is no data.
  public double[] coverage() {
    long[] sorted = Arrays.stream(counts).filter(count -> count > 0).sorted().toArray();
    double[] coverage = new double[sorted.length + 1];
    long covered = 0;
    long all = tokens();
    for (int n = 1; n <= sorted.length; n++) {
      covered += sorted[sorted.length - n];
      coverage[n] = (double) covered / all;
    }
    if (all == 0) {
      coverage[0] = 1;
    }
    return coverage;
  }
}
