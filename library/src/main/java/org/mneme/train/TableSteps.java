package org.mneme.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.MemoryEngine.Grouped;
import org.mneme.memory.RowAdam;
import org.mneme.memory.RowAdam.MomentType;
import org.mneme.memory.RowOptimizer;
import org.mneme.memory.ValueTable;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// The optimisers of the value tables, one for each.
final class TableSteps implements AutoCloseable {
  private final AdamW.Settings settings;
  private final ParameterGroups groups;
  private final Map<String, RowOptimizer> tables = new LinkedHashMap<>();

  TableSteps(Map<String, ValueTable> trained, AdamW.Settings settings, ParameterGroups groups) {
    this.settings = settings;
    this.groups = groups;
    trained.forEach((name, table) -> tables.put(name, new RowAdam(table, rowSettings(table))));
  }

  /// Moments are stored as the rows are.
  private RowAdam.Settings rowSettings(ValueTable table) {
    boolean brains = table.values().scalar_type().intern() == torch.ScalarType.BFloat16;
    return new RowAdam.Settings(
        settings.beta1(),
        settings.beta2(),
        settings.eps(),
        brains ? MomentType.BFLOAT16 : MomentType.FLOAT32);
  }

  /// The optimisers by the names of their parameters.
  Map<String, RowOptimizer> optimizers() {
    return tables;
  }

  /// Whether any table's gradient is clipped.
  boolean areClipped() {
    return tables.keySet().stream().anyMatch(name -> groups.valueClipNorm(name) > 0);
  }

  /// Lets the backward pass update the tables, where it can.
  void stepInBackward(double rate) {
    tables.forEach((name, table) -> table.stepInBackward(rate * groups.valueRateFactor(name)));
  }

  /// Updates every table by its gradient as it is, unless the backward pass has done so.
  void step(double rate) {
    tables.forEach((name, table) -> table.step(rate * groups.valueRateFactor(name)));
  }

  /// Updates every table, each clipped by itself, if all gradients are finite.
  ///
  /// @return the norm of all their gradients before clipping; nothing is updated if it is not
  ///   finite
  double stepChecked(double rate) {
    try (var scope = new TensorScope()) {
      Map<String, Grouped> gradients = new LinkedHashMap<>();
      Map<String, Double> norms = new LinkedHashMap<>();
      tables.forEach((name, optimizer) -> {
        ValueTable table = optimizer.table();
        if (!table.gradient().isEmpty()) {
          Grouped gradient = table.engine().group(table.gradient());
          gradients.put(name, gradient);
          norms.put(name, gradient.norm());
        }
      });
      double norm = Math.sqrt(norms.values().stream().mapToDouble(n -> n * n).sum());
      if (Double.isFinite(norm)) {
        gradients.forEach((name, gradient) -> {
          double factor =
              AdamW.clipFactor(Objects.requireNonNull(norms.get(name)), groups.valueClipNorm(name));
          optimizer(name).step(gradient, rate * groups.valueRateFactor(name), factor);
        });
      }
      return norm;
    }
  }

  private RowOptimizer optimizer(String name) {
    return Objects.requireNonNull(tables.get(name));
  }

  /// The names of tables whose gradient is not finite.
  List<String> notFinite() {
    List<String> names = new ArrayList<>();
    tables.forEach((name, optimizer) -> {
      ValueTable table = optimizer.table();
      try (var scope = new TensorScope()) {
        OptionalDouble norm =
            table.gradient().isEmpty() || table.gradient().isApplied()
                ? OptionalDouble.empty()
                : OptionalDouble.of(table.engine().group(table.gradient()).norm());
        if (!Double.isFinite(norm.orElse(0))) {
          names.add(name);
        }
      }
    });
    return names;
  }

  /// Moments and counts by name, in the open scope.
  Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    tables.forEach((name, table) -> {
      table.state().forEach((key, moment) -> state.put(name + "." + key, moment));
      state.put(name + ".steps", Tensors.of(new long[] {table.steps()}, 1));
    });
    return state;
  }

  /// Takes up what [#state()] gave.
  void restore(Map<String, Tensor> state) {
    tables.forEach((name, table) -> {
      String prefix = name + ".";
      Map<String, Tensor> moments = new LinkedHashMap<>();
      state.forEach((key, tensor) -> {
        if (key.startsWith(prefix) && key.endsWith("_moment")) {
          moments.put(key.substring(prefix.length()), tensor);
        }
      });
      if (!moments.isEmpty()) {
        table.restore(Tensors.longs(Tensors.required(state, prefix + "steps"))[0], moments);
      }
    });
  }

  @Override
  public void close() {
    tables.values().forEach(RowOptimizer::close);
  }
}
