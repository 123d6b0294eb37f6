package org.mneme.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.mneme.memory.MemoryEngine;
import org.mneme.memory.RowAdam;
import org.mneme.memory.RowOptimizer;
import org.mneme.memory.ValueTable;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// See [Stage#tableBackward]. The read that comes before it is not timed.
final class TableStage implements Stage {
  private final Sizes sizes;
  private final FormulaTable memory;
  private final ValueTable table;
  private final RowOptimizer optimizer;
  private final Reading reading;
  private final Tensor gradient; // [tokens, dim]
  private final Map<String, float[]> results = new LinkedHashMap<>();

  TableStage(Sizes sizes, MemoryEngine engine, Storage storage) {
    this.sizes = sizes;
    Inputs inputs = new Inputs(sizes);
    memory = new FormulaTable(inputs, storage);
    var unused = memory.values().set_requires_grad(true);
    table = new ValueTable(memory.values(), engine);
    RowAdam.Settings usual = RowAdam.Settings.USUAL;
    optimizer =
        new RowAdam(
            table,
            new RowAdam.Settings(usual.beta1(), usual.beta2(), usual.epsilon(), moments(storage)));
    reading = new Reading(inputs);
    var unused2 = reading.weights.set_requires_grad(true);
    try (var scope = new TensorScope()) {
      gradient = TensorScope.own(Tensors.of(inputs.gradient(), sizes.tokens(), sizes.valueDim()));
    }
  }

  private static RowAdam.MomentType moments(Storage storage) {
    return switch (storage) {
      case FLOAT32 -> RowAdam.MomentType.FLOAT32;
      case BFLOAT16 -> RowAdam.MomentType.BFLOAT16;
    };
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public Round run() {
    try (var scope = new TensorScope()) {
      Tensor output = table.read(reading.slots, reading.weights);
      var clock = new Round.Clock();
      optimizer.stepInBackward(StepStage.LEARNING_RATE);
      output.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
      clock.stage("backward");
      optimizer.step(StepStage.LEARNING_RATE);
      clock.stage("update");
      if (results.isEmpty()) {
        results.put("weightGradient", Tensors.floats(reading.weights.grad()));
      }
      clock.skip();
      table.gradient().clear();
      reading.weights.mutable_grad().put(new Tensor());
      clock.stage("clear");
      return clock.round();
    }
  }

  @Override
  public Map<String, float[]> results() {
    return results;
  }

  @Override
  public int[] slots() {
    return reading.ids;
  }

  @Override
  public float[] rows(int... rows) {
    return FormulaTable.rows(memory.values(), rows);
  }

  @Override
  public void close() {
    optimizer.close();
    reading.close();
    gradient.close();
    memory.close();
  }
}
