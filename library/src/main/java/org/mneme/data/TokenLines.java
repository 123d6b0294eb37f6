package org.mneme.data;

import java.util.stream.IntStream;

/// Lines of token ids that batches are made of, by index: in memory, or looked up in shards. Safe
/// for several threads.
public interface TokenLines {
  /// How many lines there are.
  int size();

  /// The number of tokens of line `index`, special tokens included.
  int length(int index);

  /// The token ids of line `index`, special tokens included.
  int[] ids(int index);

  /// A number for the word that each token of line `index` belongs to, another for each word of the
  /// line, -1 for added tokens.
  int[] words(int index);

  /// The number of tokens of each line.
  default int[] lengths() {
    return IntStream.range(0, size()).map(this::length).toArray();
  }
}
