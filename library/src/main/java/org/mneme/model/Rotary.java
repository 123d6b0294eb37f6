package org.mneme.model;

import static org.mneme.model.Sizes.requirePositive;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.mneme.InvalidInputException;
import org.mneme.tensor.JavaOperation;
import org.mneme.tensor.Tensors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Rotary position embeddings (Su et al. 2021): number `i` of a head's first half and number `i` of
/// its second are turned as a pair, by the position times theta^(-2i / headDim).
///
/// @param theta the base, above 0
/// @param scaling how a model reaches beyond the texts that it was first trained with
public record Rotary(double theta, Scaling scaling) {
  /// What becomes of the frequencies.
  public sealed interface Scaling {}

  /// They stay.
  public record Unscaled() implements Scaling {}

  /// All are divided by `factor` (Chen et al. 2023).
  ///
  /// @param factor at least 1
  public record Linear(double factor) implements Scaling {
    /// Checks ranges.
    public Linear {
      requireAtLeastOne(factor);
    }
  }

  /// Those of long waves are divided by `factor`, those of short ones stay, and in between it goes
  /// from one to the other (Llama 3.1).
  ///
  /// @param factor at least 1
  /// @param lowFactor waves longer than `originalLength / lowFactor` are long
  /// @param highFactor waves shorter than `originalLength / highFactor` are short
  /// @param originalLength tokens of the texts that the model was first trained with
  public record Llama3(double factor, double lowFactor, double highFactor, int originalLength)
      implements Scaling {
    /// Checks ranges.
    public Llama3 {
      requireAtLeastOne(factor);
      requirePositive("rope_parameters.original_max_position_embeddings", originalLength);
      if (!(lowFactor > 0 && highFactor > lowFactor)) {
        throw InvalidInputException.config(
            "rope_parameters.high_freq_factor",
            highFactor + " must be above low_freq_factor, " + lowFactor + ", and that above 0");
      }
    }
  }

  /// Checks ranges.
  public Rotary {
    if (!(theta > 0 && Double.isFinite(theta))) {
      throw InvalidInputException.config("rope_parameters.rope_theta", theta + " must be above 0");
    }
  }

  private static void requireAtLeastOne(double factor) {
    if (!(factor >= 1 && Double.isFinite(factor))) {
      throw InvalidInputException.config("rope_parameters.factor", factor + " must be at least 1");
    }
  }

  /// The angle of each pair at position 1, `[headDim / 2]`.
  public double[] frequencies(int headDim) {
    double[] frequencies = new double[headDim / 2];
    Arrays.setAll(frequencies, i -> scaled(Math.pow(theta, -2.0 * i / headDim)));
    return frequencies;
  }

  private double scaled(double frequency) {
    return switch (scaling) {
      case Unscaled _ -> frequency;
      case Linear(double factor) -> frequency / factor;
      case Llama3 llama -> {
        double waves = llama.originalLength * frequency / (2 * Math.PI); // in an original text
        double share =
            (waves - llama.lowFactor) / (llama.highFactor - llama.lowFactor); // that stays
        double stays = Math.clamp(share, 0, 1);
        yield (1 - stays) * frequency / llama.factor + stays * frequency;
      }
    };
  }

  /// Cosines and sines of `time` positions from `first` on, each `[time, headDim / 2]`, float32.
  Turns turns(long first, long time, int headDim) {
    double[] frequencies = frequencies(headDim);
    double[] positions = new double[Math.toIntExact(time)];
    Arrays.setAll(positions, i -> first + i);
    Tensor angles =
        Tensors.of(positions, time, 1).mul(Tensors.of(frequencies, 1, frequencies.length));
    return new Turns(
        angles.cos().to(torch.ScalarType.Float), angles.sin().to(torch.ScalarType.Float));
  }

  /// By how much the pairs of each position are turned.
  record Turns(Tensor cosines, Tensor sines) {
    /// x `[batch, heads, time, headDim]` -> the same shape
    Tensor apply(Tensor x) {
      long half = x.size(3) / 2;
      Tensor first = x.narrow(3, 0, half);
      Tensor second = x.narrow(3, half, half);
      Tensor cosine = cosines.to(x.scalar_type());
      Tensor sine = sines.to(x.scalar_type());
      return torch.cat(
          new TensorVector(
              first.mul(cosine).sub(second.mul(sine)), second.mul(cosine).add(first.mul(sine))),
          3);
    }

    /// The same for a backward pass.
    Turns saved() {
      return new Turns(JavaOperation.saved(cosines), JavaOperation.saved(sines));
    }
  }

  /// Reads `rope_parameters`, or `rope_theta` and `rope_scaling` of older files.
  ///
  /// @param json of `config.json`
  static Rotary fromJson(JsonNode json) {
    JsonNode own = json.path("rope_parameters");
    JsonNode old = json.path("rope_scaling");
    JsonNode scaling = own.isObject() ? own : old;
    double theta = json.path("rope_theta").asDouble(10000);
    double share =
        scaling
            .path("partial_rotary_factor")
            .asDouble(json.path("partial_rotary_factor").asDouble(1));
    if (share != 1) {
      throw InvalidInputException.config(
          "partial_rotary_factor", share + " is not supported, only 1 is; take another model");
    }
    String type = scaling.path("rope_type").asString(scaling.path("type").asString("default"));
    return new Rotary(
        own.path("rope_theta").asDouble(theta),
        switch (type) {
          case "default" -> new Unscaled();
          case "linear" -> new Linear(scaling.path("factor").asDouble(1));
          case "llama3" ->
              new Llama3(
                  scaling.path("factor").asDouble(8),
                  scaling.path("low_freq_factor").asDouble(1),
                  scaling.path("high_freq_factor").asDouble(4),
                  scaling.path("original_max_position_embeddings").asInt(8192));
          default ->
              throw InvalidInputException.config(
                  "rope_parameters.rope_type",
                  "\"" + type + "\" is not supported; known are default, linear, llama3");
        });
  }

  /// As `rope_parameters` of `config.json`.
  ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("rope_theta", theta);
    switch (scaling) {
      case Unscaled _ -> json.put("rope_type", "default");
      case Linear(double factor) -> json.put("rope_type", "linear").put("factor", factor);
      case Llama3 llama ->
          json.put("rope_type", "llama3")
              .put("factor", llama.factor)
              .put("low_freq_factor", llama.lowFactor)
              .put("high_freq_factor", llama.highFactor)
              .put("original_max_position_embeddings", llama.originalLength);
    }
    return json;
  }
}
