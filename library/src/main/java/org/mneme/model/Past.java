package org.mneme.model;

/// What a causal model knows of the texts before the tokens of an input.
public sealed interface Past permits KeyValueCache, SegmentMemory.Part {
  /// How many texts there are.
  int rows();
}
