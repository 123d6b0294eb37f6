package org.mneme.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;

/// Which parameters share a rate, a decay and a clipping norm.
///
/// A parameter's rate is the common one, times its group's factor, times `layerDecay` for each
/// block between it and the top: parameters made before the first block count as one more block
/// below, those made after the last have the whole rate. Matrices decay; norms, biases, half-keys
/// and score scales do not. What has a clipping norm of its own is left out of the common norm.
final class ParameterGroups {
  private static final Pattern BLOCK =
      Pattern.compile("(?:^|\\.)(?:layers?|h|blocks?)\\.(\\d+)\\.");

  private final OptimizerConfig config;
  private final List<AdamW.Group> groups = new ArrayList<>();
  private final List<Integer> clips = new ArrayList<>(); // index of the GroupConfig, -1 the rest

  private record Kind(int clip, double rate, double decay) {}

  /// @param parameters that are trained, but for value tables, in the order of their making
  /// @param all names of the model's parameters in that order, trained or not
  ParameterGroups(OptimizerConfig config, Map<String, Tensor> parameters, List<String> all) {
    this.config = config;
    Map<Kind, Map<String, Tensor>> kinds = new LinkedHashMap<>();
    parameters.forEach((name, tensor) -> {
      int index = groupOf(name);
      GroupConfig group = index < 0 ? GroupConfig.DEFAULT : config.groups().get(index);
      Double ownDecay = group.weightDecay();
      double decay = ownDecay == null ? config.weightDecay() : ownDecay;
      Kind kind =
          new Kind(
              group.clipNorm() == null ? -1 : index,
              config.learningRate() * group.rateFactor() * layerFactor(name, all),
              isDecayed(name, tensor) ? decay : 0);
      kinds.computeIfAbsent(kind, ignored -> new LinkedHashMap<>()).put(name, tensor);
    });
    kinds.forEach((kind, members) -> {
      groups.add(new AdamW.Group("group " + groups.size(), members, kind.rate, kind.decay));
      clips.add(kind.clip);
    });
  }

  private static boolean isDecayed(String name, Tensor tensor) {
    return tensor.dim() == 2 && !name.endsWith(".keys");
  }

  /// The first group that matches, -1 if none does.
  private int groupOf(String name) {
    for (int i = 0; i < config.groups().size(); i++) {
      if (ParameterPattern.matches(config.groups().get(i).match(), name)) {
        return i;
      }
    }
    return -1;
  }

  private double layerFactor(String name, List<String> all) {
    if (config.layerDecay() == 1) {
      return 1;
    }
    int top = all.stream().flatMapToInt(other -> block(other).stream()).max().orElse(-1);
    OptionalInt block = block(name);
    if (block.isPresent()) {
      return Math.pow(config.layerDecay(), top - block.getAsInt());
    }
    for (String other : all) {
      if (other.equals(name)) {
        return Math.pow(config.layerDecay(), top + 1); // no block came before
      }
      if (block(other).isPresent()) {
        break;
      }
    }
    return 1;
  }

  /// The block that a parameter belongs to by its name.
  static OptionalInt block(String name) {
    Matcher matcher = BLOCK.matcher(name);
    return matcher.find()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }

  /// The groups for the optimiser.
  List<AdamW.Group> groups() {
    return groups;
  }

  /// What the gradients of each group are multiplied with, given their squared norms.
  double[] clipFactors(double[] squaredNorms) {
    double[] factors = new double[groups.size()];
    for (int i = 0; i < factors.length; i++) {
      int clip = clips.get(i);
      double sum = 0;
      for (int j = 0; j < factors.length; j++) {
        sum += clips.get(j) == clip ? squaredNorms[j] : 0;
      }
      Double own = clip < 0 ? null : config.groups().get(clip).clipNorm();
      factors[i] = AdamW.clipFactor(Math.sqrt(sum), own == null ? config.clipNorm() : own);
    }
    return factors;
  }

  /// What the rate of a value table is multiplied with.
  double valueRateFactor(String name) {
    int index = groupOf(name);
    return index < 0 ? 1 : config.groups().get(index).rateFactor();
  }

  /// Largest norm of a value table's gradient, 0 for any.
  double valueClipNorm(String name) {
    int index = groupOf(name);
    Double own = index < 0 ? null : config.groups().get(index).clipNorm();
    return own == null ? config.valueClipNorm() : own;
  }
}
