package org.mneme.memory;

/// How the scores of the slots that a head selected become weights. Both sum to 1 over these slots.
public sealed interface ScoreActivation {
  /// The softmax of the scores.
  record Softmax() implements ScoreActivation {}

  /// The softmax of the scores times a learned scale for each head (parameter `score_scale`
  /// `[heads]`), which is `start` at first. A fresh memory reads flatly without it.
  record ScaledSoftmax(double start) implements ScoreActivation {
    /// The start that made fresh memories learn at once in a pretrained encoder.
    public static final double USUAL_START = 5;

    /// Checks the start.
    public ScaledSoftmax {
      ConfigReader.check(
          Double.isFinite(start) && start > 0,
          "scoreActivation",
          "start %s is not a positive number; take 1 to 20",
          start);
    }
  }
}
