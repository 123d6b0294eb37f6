package org.mneme.checkpoint.onnx;

/// How one embedding is made of the hidden states of all tokens.
public enum Pooling {
  /// The mean over the tokens that are not padding.
  MEAN,
  /// The hidden state of the first token.
  CLS
}
