package org.mneme.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Workers;

/// Puts the gradients of a step into the parameters: its batches one after the other, each in parts
/// that workers run side by side.
///
/// The parts' gradients add up in the parameters. Two addends have one sum in either order, so the
/// bits do not depend on who is first; more parts than two are not made, and what several batches
/// bring is summed up apart, batch by batch.
final class StepGradients implements AutoCloseable {
  private static final int PARTS = 2;

  private final Parameters parameters;
  private final Objective objective;
  private final int accumulate;
  private final Precision precision;
  private final Workers workers;

  StepGradients(Parameters parameters, Objective objective, int accumulate, Precision precision) {
    this.precision = precision;
    this.parameters = parameters;
    this.objective = objective;
    this.accumulate = accumulate;
    workers = new Workers(objective.divisible() ? PARTS : 1);
  }

  /// What a step was measured on: its loss, not finite if any part's is, and real tokens.
  record Done(double loss, long tokens) {
    Done plus(Done other) {
      return new Done(loss + other.loss, tokens + other.tokens);
    }
  }

  /// Whether a step is one backward pass.
  boolean isOnePass() {
    return accumulate == 1 && workers.count() == 1;
  }

  /// Seeds whatever the parts of a step draw, together or each its own.
  void begin(long seed) {
    Randomness.seed(seed);
    objective.beginStep(seed);
  }

  /// Runs the batches of `step` forward and backward. Stops early at a loss that is not finite.
  Done add(long step) {
    Done sum = new Done(0, 0);
    try (var scope = new TensorScope();
        var products = precision.openForProcess()) {
      Map<String, Tensor> gradients = new LinkedHashMap<>();
      long index = step * accumulate;
      for (List<Objective.Part> batch : objective.batches(step, accumulate, workers.count())) {
        List<Supplier<Done>> tasks = batch.stream().map(this::backward).toList();
        for (Done part : workers.all(tasks)) {
          sum = sum.plus(part);
        }
        if (!Double.isFinite(sum.loss)) {
          return sum;
        }
        objective.ran(index++);
        if (accumulate > 1 && workers.count() > 1) {
          setAside(gradients);
        }
      }
      gradients.forEach((name, gradient) -> parameters.get(name).mutable_grad().put(gradient));
    }
    return sum;
  }

  private void setAside(Map<String, Tensor> gradients) {
    try (var guard = new NoGradGuard()) {
      parameters
          .trained()
          .forEach((name, parameter) -> {
            Tensor gradient = parameter.grad();
            if (gradient.defined()) {
              Tensor before = gradients.putIfAbsent(name, new Tensor(gradient));
              var unused = before == null ? gradient : before.add_(gradient);
              parameter.mutable_grad().put(new Tensor());
            }
          });
    }
  }

  private Supplier<Done> backward(Objective.Part part) {
    return () -> {
      try (var scope = new TensorScope()) {
        Objective.Loss loss = loss(part);
        double value = loss.value().item_double();
        if (Double.isFinite(value)) {
          loss.value().backward();
        }
        return new Done(value, loss.tokens());
      }
    };
  }

  private Objective.Loss loss(Objective.Part part) {
    try (var products = precision.openForThread()) {
      return part.loss();
    }
  }

  /// All parts of a step, to look at them again.
  List<Objective.Part> parts(long step) {
    List<Objective.Part> parts = new ArrayList<>();
    objective.batches(step, accumulate, workers.count()).forEach(parts::addAll);
    return parts;
  }

  @Override
  public void close() {
    workers.close();
  }
}
