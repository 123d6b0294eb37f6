package org.mneme.checkpoint.onnx;

/// A product with a constant matrix and the sum with a constant row: `input W^T + bias`.
///
/// @param input the value that goes in, `[..., in]`
/// @param weight `[out, in]`
/// @param bias `[out]`; zeros where the graph adds none
/// @param node the product
record Dense(String input, OnnxWeight weight, OnnxWeight bias, OnnxNode node) {
  /// Columns of the input.
  long in() {
    return weight.shape().get(1);
  }

  /// Columns of the output.
  long out() {
    return weight.shape().get(0);
  }
}
