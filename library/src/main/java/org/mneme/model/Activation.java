package org.mneme.model;

import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.InvalidInputException;
import org.mneme.tensor.OneDnn;

/// The function between the two products of a feed-forward, by its Hugging Face name.
public enum Activation {
  /// x * Phi(x), exactly.
  GELU("gelu"),
  /// The tanh approximation of GELU.
  GELU_NEW("gelu_new"),
  /// max(x, 0).
  RELU("relu"),
  /// x * sigmoid(x).
  SILU("silu");

  private final String huggingFaceName;

  Activation(String huggingFaceName) {
    this.huggingFaceName = huggingFaceName;
  }

  /// The name that `config.json` uses.
  public String huggingFaceName() {
    return huggingFaceName;
  }

  /// The activation of that Hugging Face name; `key` is where the name stood.
  public static Activation of(String name, String key) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "gelu" -> GELU;
      case "gelu_new", "gelu_pytorch_tanh" -> GELU_NEW;
      case "relu" -> RELU;
      case "silu", "swish" -> SILU;
      default ->
          throw InvalidInputException.config(
              key, "activation \"" + name + "\" is not known; use gelu, gelu_new, relu or silu");
    };
  }

  /// Its name among what oneDNN and our own kernels compute.
  OneDnn.After after() {
    return switch (this) {
      case GELU -> OneDnn.After.GELU;
      case GELU_NEW -> OneDnn.After.GELU_TANH;
      case RELU -> OneDnn.After.RELU;
      case SILU -> OneDnn.After.SILU;
    };
  }

  /// x -> the activation of x, same shape.
  Tensor apply(Tensor x) {
    return switch (this) {
      case GELU -> torch.gelu(x);
      case GELU_NEW -> torch.gelu(x, "tanh");
      case RELU -> torch.relu(x);
      case SILU -> torch.silu(x);
    };
  }
}
