package org.mneme.memory;

/// How queries are normalised before they meet the half-keys.
public enum QueryNorm {
  /// Batch norm of every one of the `heads * queryDim` channels over the tokens: running statistics
  /// in evaluation. The papers' recommendation.
  BATCH,
  /// Layer norm of each head's query over its `queryDim` numbers, with a weight and a bias for each
  /// channel. Looks at no other token, so nothing leaks in causal training.
  LAYER,
  /// Each half of each head's query is brought to length 1. No parameters; half-keys stay as they
  /// are.
  L2,
  /// No normalisation.
  NONE
}
