package org.mneme.memory;

/// What a slot holds, and what reading it gives.
public sealed interface Values {
  /// What the vectors that are added up start with.
  ValueInit init();

  /// A vector: the read of a token is the weighted sum of its slots' vectors (parameter `values`
  /// `[slots, valueDim]`).
  record Rows(ValueInit init) implements Values {}

  /// A feed-forward network of one hidden unit (PEER: He 2024, arXiv 2407.04153). With the two
  /// tables `values_down` `[slots, dim]` and `values_up` `[slots, valueDim]`, a token x reads the
  /// weighted sum of `gelu(<x, down>) * up`. The first table is always normal, of standard
  /// deviation `1 / sqrt(dim)`; `init` is the second's.
  record Experts(ValueInit init) implements Values {}
}
