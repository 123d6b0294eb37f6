package org.mneme.data;

/// Exercises for one forward pass.
///
/// @param batch how many lines
/// @param time the length of each, padding included
/// @param inputIds `[batch * time]`, row by row
/// @param attentionMask `[batch * time]`, 1 for tokens, 0 for padding
/// @param targetPositions `[targets]`, places in `inputIds` to be guessed, ascending
/// @param targetLabels `[targets]`, the ids that stood there
/// @param padded whether there is any padding; without it the attention mask is all 1
public record MaskedBatch(
    int batch,
    int time,
    long[] inputIds,
    long[] attentionMask,
    long[] targetPositions,
    long[] targetLabels,
    boolean padded) {

  /// Checks that the parts fit together.
  public MaskedBatch {
    if (inputIds.length != batch * time
        || attentionMask.length != inputIds.length
        || targetPositions.length != targetLabels.length) {
      throw new IllegalArgumentException(
          "batch %d, time %d, but %d ids, mask of %d, %d positions, %d labels"
              .formatted(
                  batch,
                  time,
                  inputIds.length,
                  attentionMask.length,
                  targetPositions.length,
                  targetLabels.length));
    }
  }

  /// How many tokens are to be guessed.
  public int targets() {
    return targetLabels.length;
  }

  /// How many tokens there are without padding.
  public long tokens() {
    long tokens = 0;
    for (long real : attentionMask) {
      tokens += real;
    }
    return tokens;
  }
}
