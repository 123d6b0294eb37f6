package org.mneme.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Activations;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Tells when a step went astray and where it began, and counts steps that were left out, see
/// [DivergenceConfig].
final class DivergenceGuard {
  private static final String STATE = "trainer.divergence";
  private static final String LOSSES = "trainer.losses";

  /// In nats. Who knows everything by heart is at 0.02, and one unlucky batch is no explosion.
  private static final double LEAST_MEDIAN = 1;

  private final DivergenceConfig config;
  private final double[] losses; // the last ones, in a ring
  private long taken;
  private long skipped;
  private long inRow;

  DivergenceGuard(DivergenceConfig config) {
    this.config = config;
    losses = new double[config.window()];
  }

  /// Whether steps are left out rather than ending the run.
  boolean skips() {
    return config.policy() == DivergenceConfig.Policy.SKIP;
  }

  /// What is wrong with a loss, if anything.
  Optional<String> problem(double loss) {
    if (!Double.isFinite(loss)) {
      return Optional.of("the loss is not finite");
    }
    if (config.explosion() > 0 && taken >= losses.length) {
      double median = median();
      if (loss > config.explosion() * Math.max(median, LEAST_MEDIAN)) {
        return Optional.of(
            String.format(
                Locale.ROOT,
                "the loss exploded to %.4f, over %s times the median %.4f of %d steps",
                loss,
                config.explosion(),
                median,
                losses.length));
      }
    }
    return Optional.empty();
  }

  private double median() {
    double[] sorted = losses.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /// A step was taken.
  void taken(double loss) {
    losses[(int) (taken % losses.length)] = loss;
    taken++;
    inRow = 0;
  }

  /// A step was left out; returns whether there have been too many in a row.
  boolean skipped() {
    skipped++;
    inRow++;
    return inRow >= config.skips();
  }

  /// Steps that were left out.
  long skippedSteps() {
    return skipped;
  }

  /// Where numbers first leave the finite ones: in a weight, or else on the way forward.
  static Optional<String> placeOfLoss(Parameters parameters, Iterable<Objective.Part> parts) {
    for (var entry : parameters.all().entrySet()) {
      if (!isFinite(entry.getValue())) {
        return Optional.of("the weights of " + entry.getKey());
      }
    }
    List<String> seen = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    for (Objective.Part part : parts) {
      try (var scope = new TensorScope();
          var guard = new NoGradGuard()) {
        Activations.view(
            (name, activation) -> {
              seen.add(name);
              if (wrong.isEmpty() && !isFinite(activation)) {
                wrong.add(name);
              }
            },
            part::loss);
      }
      if (!wrong.isEmpty()) {
        return Optional.of("the output of " + wrong.getFirst());
      }
    }
    return seen.isEmpty() ? Optional.empty() : Optional.of("the output of the head");
  }

  /// The parameter that has the first gradient that is not finite on the way back: the last one in
  /// the order of their making.
  static Optional<String> placeOfGradient(Parameters parameters) {
    String last = null;
    try (var scope = new TensorScope()) {
      for (var entry : parameters.trained().entrySet()) {
        Tensor gradient = entry.getValue().grad();
        last = gradient.defined() && !isFinite(gradient) ? entry.getKey() : last;
      }
    }
    return Optional.ofNullable(last).map(name -> "the gradient of " + name);
  }

  private static boolean isFinite(Tensor tensor) {
    try (var scope = new TensorScope()) {
      return !tensor.is_floating_point() || tensor.detach().isfinite().all().item_bool();
    }
  }

  /// The last losses and the counts, in the open scope.
  Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put(LOSSES, Tensors.of(losses, losses.length));
    state.put(STATE, Tensors.of(new long[] {taken, skipped, inRow}, 3));
    return state;
  }

  /// Goes on from what [#state()] gave; a window of another size begins anew.
  void restore(Map<String, Tensor> state) {
    double[] saved = Tensors.doubles(Tensors.required(state, LOSSES));
    long[] counts = Tensors.longs(Tensors.required(state, STATE));
    boolean fits = saved.length == losses.length;
    System.arraycopy(saved, 0, losses, 0, fits ? losses.length : 0);
    taken = fits ? counts[0] : 0;
    skipped = counts[1];
    inRow = counts[2];
  }
}
