package org.mneme.data;

import java.util.Arrays;

/// A row of tokens. All parts have one entry a token.
///
/// @param ids token ids, special tokens included
/// @param words a number for the word that a token belongs to, -1 for added tokens
/// @param targets the token that follows, [#NO_TARGET] where there is none to be guessed
/// @param starts whether a document begins with the token
public record TokenLine(int[] ids, int[] words, int[] targets, boolean[] starts) {
  /// Nothing to be guessed.
  public static final int NO_TARGET = -1;

  /// A line that is a document of its own.
  public static TokenLine of(int[] ids, int[] words) {
    int[] targets = new int[ids.length];
    boolean[] starts = new boolean[ids.length];
    if (ids.length > 0) {
      System.arraycopy(ids, 1, targets, 0, ids.length - 1);
      targets[ids.length - 1] = NO_TARGET;
      starts[0] = true;
    }
    return new TokenLine(ids, words, targets, starts);
  }

  @Override
  public String toString() {
    return Arrays.toString(ids);
  }
}
