package org.mneme.checkpoint;

import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// Finds the model's name for a tensor of a file, by Hugging Face's rules.
///
/// A file saved from a bare encoder lacks the prefix that the encoder has inside a model with a
/// head (`encoder.layer.0...` against `bert.encoder.layer.0...`), and the other way round: the
/// prefix is removed or added where that gives a name of the model. Files of TensorFlow's time call
/// the weight and bias of a LayerNorm `gamma` and `beta`.
final class WeightNames {
  /// Constants that old models saved among their weights; every model computes them anew.
  private static final Pattern IGNORED =
      Pattern.compile(
          "(.*\\.)?(embeddings\\.position_ids|rotary_emb\\.inv_freq|h\\.\\d+\\.attn\\.(masked_)?bias)");

  private final String basePrefix;
  private final Predicate<String> inModel;

  /// Rules for a model that has the names `inModel` and whose encoder is called `basePrefix` (such
  /// as `bert.`; empty for none).
  WeightNames(String basePrefix, Predicate<String> inModel) {
    this.basePrefix =
        basePrefix.isEmpty() || basePrefix.endsWith(".") ? basePrefix : basePrefix + ".";
    this.inModel = inModel;
  }

  /// The model's name for the file's `name`; empty where it has none.
  Optional<String> inModel(String name) {
    return withPrefix(name).or(() -> withPrefix(modern(name)));
  }

  private Optional<String> withPrefix(String name) {
    if (inModel.test(name)) {
      return Optional.of(name);
    }
    if (!basePrefix.isEmpty()) {
      String other =
          name.startsWith(basePrefix) ? name.substring(basePrefix.length()) : basePrefix + name;
      return Optional.of(other).filter(inModel);
    }
    return Optional.empty();
  }

  private static String modern(String name) {
    if (name.endsWith("LayerNorm.gamma")) {
      return name.substring(0, name.length() - "gamma".length()) + "weight";
    }
    if (name.endsWith("LayerNorm.beta")) {
      return name.substring(0, name.length() - "beta".length()) + "bias";
    }
    return name;
  }

  /// Whether a tensor without a place in the model may be passed over in silence.
  static boolean ignored(String name) {
    return IGNORED.matcher(name).matches();
  }
}
