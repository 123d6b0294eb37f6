package org.mneme.memory;

/// How keys are normalised before a query meets them.
public enum KeyNorm {
  /// Keys as they are learned.
  NONE,
  /// Each key, or each half of a product key, is brought to length 1: a score is then bounded by
  /// the length of the query, and no slot wins by the length of its key alone. Keeps small models
  /// with gates stable (query-key normalisation of Memory+, arXiv 2412.09764).
  L2
}
