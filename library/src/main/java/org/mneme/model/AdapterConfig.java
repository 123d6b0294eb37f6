package org.mneme.model;

import java.util.List;
import org.mneme.InvalidInputException;

/// Which projections of a model have adapters of low rank beside them, W x + (alpha / rank) B (A x)
/// (Hu et al. 2021), and how large they are. Of no concern to `config.json`.
///
/// @param layers the blocks that have them, counted from 0, ascending, at least one
/// @param rank width between A and B, at least 1
/// @param alpha what is added is multiplied with `alpha / rank`, above 0
/// @param targets the projections that have them, of [#TARGETS] and in their order, at least one
public record AdapterConfig(List<Integer> layers, int rank, double alpha, List<String> targets) {
  /// The projections of a block of the Llama family.
  public static final List<String> TARGETS =
      List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");

  /// What the name of A has behind that of its projection.
  static final String DOWN = ".lora_A.weight";

  /// What the name of B has.
  static final String UP = ".lora_B.weight";

  /// Checks what does not depend on the model.
  ///
  /// @throws InvalidInputException of kind CONFIG for an empty list, a number out of range or a
  ///   projection that does not exist
  public AdapterConfig {
    layers = layers.stream().sorted().distinct().toList();
    if (layers.isEmpty()) {
      throw InvalidInputException.config(
          "adapters.layers", "names no layer; give at least one, counted from 0");
    }
    if (rank < 1) {
      throw InvalidInputException.config("adapters.rank", rank + " must be at least 1");
    }
    if (!(alpha > 0 && Double.isFinite(alpha))) {
      throw InvalidInputException.config("adapters.alpha", alpha + " must be above 0");
    }
    List<String> asked = List.copyOf(targets);
    for (String target : asked) {
      if (!TARGETS.contains(target)) {
        throw InvalidInputException.config(
            "adapters.targets",
            "\"%s\" is no projection; known are %s".formatted(target, String.join(", ", TARGETS)));
      }
    }
    if (asked.isEmpty()) {
      throw InvalidInputException.config(
          "adapters.targets", "names no projection; give at least one of " + TARGETS);
    }
    targets = TARGETS.stream().filter(asked::contains).toList();
  }

  /// Throws unless every layer exists in a model of so many blocks.
  public void requireFits(int blocks) {
    for (int index : layers) {
      if (index < 0 || index >= blocks) {
        throw InvalidInputException.config(
            "adapters.layers",
            "layer %d does not exist; the model has layers 0 to %d".formatted(index, blocks - 1));
      }
    }
  }

  /// Whether the projection `target` of block `index` has one.
  boolean covers(int index, String target) {
    return layers.contains(index) && targets.contains(target);
  }

  /// The name of the projection `target` behind that of its block.
  public static String part(String target) {
    return (TARGETS.indexOf(target) < 4 ? "self_attn." : "mlp.") + target;
  }

  /// What B (A x) is multiplied with.
  double scale() {
    return alpha / rank;
  }

  /// Whether the parameter of that name belongs to an adapter.
  public static boolean isAdapter(String name) {
    return name.endsWith(DOWN) || name.endsWith(UP);
  }
}
