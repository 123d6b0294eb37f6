package org.mneme.checkpoint.onnx;

import java.util.List;

/// A setting of a node.
sealed interface OnnxAttribute {
  /// A whole number.
  record Whole(long value) implements OnnxAttribute {}

  /// A real number.
  record Real(float value) implements OnnxAttribute {}

  /// A word.
  record Text(String value) implements OnnxAttribute {}

  /// Several whole numbers.
  record Wholes(List<Long> values) implements OnnxAttribute {}

  /// Several real numbers.
  record Reals(List<Float> values) implements OnnxAttribute {}

  /// A tensor.
  record Value(OnnxTensor tensor) implements OnnxAttribute {}

  /// A subgraph, a list of words or tensors: nothing an encoder needs.
  record Other() implements OnnxAttribute {}
}
