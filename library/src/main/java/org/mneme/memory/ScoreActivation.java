package org.mneme.memory;

import org.mneme.config.Described;

/// How the scores of the slots that a head selected become weights.
public sealed interface ScoreActivation {
  /// The softmax of the scores: weights of sum 1.
  record Softmax() implements ScoreActivation {}

  /// The softmax of the scores times a learned scale for each head (parameter `score_scale`
  /// `[heads]`), which is `start` at first. A fresh memory reads flatly without it.
  record ScaledSoftmax(@Described(value = "The scale at first, above 0.", usual = "5") double start)
      implements ScoreActivation {
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

  /// The scores themselves, zero where they are negative: slots do not compete, weights have any
  /// sum and may all be zero. Better than a softmax where heads read many slots.
  record Relu() implements ScoreActivation {}
}
