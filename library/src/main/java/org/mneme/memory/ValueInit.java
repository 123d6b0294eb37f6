package org.mneme.memory;

/// What a value table starts with.
public enum ValueInit {
  /// Normal numbers of standard deviation `1 / sqrt(valueDim)`.
  NORMAL,
  /// Zeros: a model with the memory beside a feed-forward then equals the model without, bit for
  /// bit.
  ZERO
}
