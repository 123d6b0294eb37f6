package org.mneme.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.model.AdapterConfig;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.ModelTensors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// `adapter_config.json` as Hugging Face's PEFT writes and reads it, of adapters that are nothing
/// but LoRA. What would compute something else is an error, also under keys that are not known.
///
/// @param file for messages
record AdapterJson(Path file, ObjectNode json) {
  static final String BASE = "base_model_name_or_path";

  /// Keys that are read below.
  private static final Set<String> READ =
      Set.of(
          "peft_type",
          "task_type",
          "r",
          "lora_alpha",
          "use_rslora",
          "target_modules",
          "layers_to_transform",
          "layers_pattern",
          "bias",
          "init_lora_weights");

  /// Keys whose values change nothing of what a trained adapter computes.
  private static final Set<String> NEUTRAL =
      Set.of(
          BASE,
          "auto_mapping",
          "ensure_weight_tying",
          "eva_config",
          "inference_mode",
          "loftq_config",
          "lora_dropout",
          "megatron_core",
          "peft_version",
          "qalora_group_size",
          "revision",
          "runtime_config");

  private static final String MERGE =
      "merge the adapter into its base model with PEFT's merge_and_unload and take that";

  static AdapterJson read(Path file) {
    return new AdapterJson(file, JsonFiles.readObject(file, InvalidInputException.Kind.CONFIG));
  }

  /// What PEFT would write of these adapters.
  ///
  /// @param base what the model is called that has them
  static ObjectNode of(AdapterConfig config, String base) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.putObject("alpha_pattern");
    json.putNull("auto_mapping").put(BASE, base).put("bias", "none");
    json.put("fan_in_fan_out", false).put("inference_mode", true).put("init_lora_weights", true);
    json.putNull("layers_pattern");
    var layers = json.putArray("layers_to_transform");
    config.layers().forEach(layers::add);
    if (config.alpha() == Math.rint(config.alpha())) {
      json.put("lora_alpha", (long) config.alpha());
    } else {
      json.put("lora_alpha", config.alpha());
    }
    json.put("lora_bias", false).put("lora_dropout", 0.0).putNull("modules_to_save");
    json.put("peft_type", "LORA").put("r", config.rank());
    json.putObject("rank_pattern");
    json.putNull("revision");
    var targets = json.putArray("target_modules");
    config.targets().forEach(targets::add);
    return json.put("task_type", "CAUSAL_LM").put("use_dora", false).put("use_rslora", false);
  }

  /// The name of the base model, null where it has none.
  @Nullable String base() {
    return json.path(BASE).isString() ? json.path(BASE).stringValue() : null;
  }

  /// What it says about `model`.
  ///
  /// @throws InvalidInputException of kind CONFIG that names file, key, value and remedy
  AdapterConfig in(ArchitectureConfig model) {
    requirePlain();
    int rank = json.path("r").isIntegralNumber() ? json.path("r").asInt(0) : 0;
    if (rank < 1) {
      throw error("r", "is no rank, 1 or more", WeightsError.FETCH_AGAIN);
    }
    double alpha = json.path("lora_alpha").asDouble(Double.NaN);
    if (!json.path("lora_alpha").isNumber() || !(alpha > 0 && Double.isFinite(alpha))) {
      throw error("lora_alpha", "is no number above 0", WeightsError.FETCH_AGAIN);
    }
    // rank-stabilised: alpha / sqrt(r) (Kalajdzievski 2023)
    double scaled = json.path("use_rslora").asBoolean(false) ? alpha * Math.sqrt(rank) : alpha;
    Targeted targeted = targeted(transformed(model));
    List<Integer> layers = new ArrayList<>();
    List<String> targets = List.of();
    for (int i = 0; i < model.layers(); i++) {
      int index = i;
      String block = ModelTensors.blockPrefix(model, i);
      List<String> own =
          AdapterConfig.TARGETS.stream()
              .filter(target -> targeted.test(block + AdapterConfig.part(target), index))
              .toList();
      if (!own.isEmpty() && !layers.isEmpty() && !own.equals(targets)) {
        throw error(
            "target_modules",
            "takes other projections in block %d than in block %d".formatted(i, layers.getFirst()),
            MERGE);
      }
      if (!own.isEmpty()) {
        layers.add(i);
        targets = own;
      }
    }
    if (layers.isEmpty()) {
      throw error(
          "target_modules",
          "matches no projection of the model in this folder",
          "take the adapter's own base model");
    }
    return new AdapterConfig(layers, rank, scaled, targets);
  }

  private void requirePlain() {
    requireOneOf("peft_type", "only LORA is read", "LORA");
    if (!json.path("task_type").isNull()) {
      requireOneOf("task_type", "only CAUSAL_LM is read", "CAUSAL_LM", "");
    }
    requireOneOf("bias", "trained biases are not read", "none", "");
    JsonNode start = json.path("init_lora_weights");
    if (!start.isNull() && !start.isBoolean()) {
      requireOneOf(
          "init_lora_weights",
          "may have changed the base model",
          "gaussian",
          "eva",
          "orthogonal",
          "");
    }
    for (String key : json.propertyNames()) {
      if (!READ.contains(key) && !NEUTRAL.contains(key) && says(json.path(key))) {
        throw error(key, "is a feature that is not read", MERGE);
      }
    }
  }

  /// Whether a value is more than none, off, or empty.
  private static boolean says(JsonNode value) {
    return !value.isNull()
        && !(value.isBoolean() && !value.booleanValue())
        && !(value.isContainer() && value.isEmpty())
        && !(value.isString() && value.stringValue().isEmpty())
        && !(value.isNumber() && value.doubleValue() == 0);
  }

  /// @param values that are read; an empty one stands for an absent key
  private void requireOneOf(String key, String found, String... values) {
    JsonNode value = json.path(key);
    if (!List.of(values).contains(value.isMissingNode() ? "" : value.asString("?"))) {
      throw error(key, found, MERGE);
    }
  }

  /// Which modules it takes.
  private interface Targeted {
    /// Whether the module with the full name `name` in block `index` is one.
    boolean test(String name, int index);
  }

  /// A list of last parts of names, in the blocks `transformed`, or of whole ones; a regular
  /// expression, whatever the blocks; or `all-linear`.
  private Targeted targeted(IntPredicate transformed) {
    JsonNode said = json.path("target_modules");
    if (said.isString() && said.stringValue().equals("all-linear")) {
      return (name, index) -> transformed.test(index);
    }
    if (said.isString()) {
      try {
        Pattern pattern = Pattern.compile(said.stringValue());
        return (name, index) -> pattern.matcher(name).matches();
      } catch (PatternSyntaxException e) {
        throw error(
            "target_modules",
            "is no regular expression of Java's (" + e.getDescription() + ")",
            "list the projections instead");
      }
    }
    if (!said.isArray() || said.valueStream().anyMatch(name -> !name.isString())) {
      throw error("target_modules", "is no list of names", WeightsError.FETCH_AGAIN);
    }
    List<String> names = said.valueStream().map(JsonNode::stringValue).toList();
    for (String name : names) {
      if (!AdapterConfig.TARGETS.contains(name.substring(name.lastIndexOf('.') + 1))) {
        throw error(
            "target_modules",
            "names " + name + ", which takes none here (known are " + AdapterConfig.TARGETS + ")",
            MERGE);
      }
    }
    return (module, index) ->
        names.contains(module)
            || (transformed.test(index)
                && names.stream().anyMatch(name -> module.endsWith("." + name)));
  }

  /// Which blocks it takes: a number, a list of them, all where it is absent or empty.
  private IntPredicate transformed(ArchitectureConfig model) {
    JsonNode pattern = json.path("layers_pattern");
    JsonNode one = pattern.isArray() && pattern.size() == 1 ? pattern.get(0) : pattern;
    if (says(one) && !one.isMissingNode() && !one.asString("").equals("layers")) {
      throw error("layers_pattern", "is not what blocks are called here", "write \"layers\"");
    }
    JsonNode said = json.path("layers_to_transform");
    if (said.isMissingNode() || said.isNull() || (said.isArray() && said.isEmpty())) {
      return index -> true;
    }
    List<JsonNode> numbers = said.isArray() ? said.valueStream().toList() : List.of(said);
    for (JsonNode number : numbers) {
      if (!number.isIntegralNumber()
          || number.longValue() < 0
          || number.longValue() >= model.layers()) {
        throw error(
            "layers_to_transform",
            "names the block %s; the model has blocks 0 to %d"
                .formatted(number, model.layers() - 1),
            "take the adapter's own base model");
      }
    }
    return index -> numbers.stream().anyMatch(number -> number.intValue() == index);
  }

  private InvalidInputException error(String key, String found, String remedy) {
    JsonNode value = json.path(key);
    return new InvalidInputException(
        InvalidInputException.Kind.CONFIG,
        key,
        "%s: %s: %s %s; %s"
            .formatted(
                file,
                key,
                value.isMissingNode() ? "missing, so it" : value.toString(),
                found,
                remedy));
  }
}
