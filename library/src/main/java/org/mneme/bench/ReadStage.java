package org.mneme.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mneme.memory.MemoryEngine;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// See [Stage#read].
final class ReadStage implements Stage {
  private final Sizes sizes;
  private final MemoryEngine engine;
  private final FormulaTable table;
  private final Reading reading;
  private final Map<String, float[]> results = new LinkedHashMap<>();

  ReadStage(Sizes sizes, MemoryEngine engine, Storage storage) {
    this.sizes = sizes;
    Inputs inputs = new Inputs(sizes);
    table = new FormulaTable(inputs, storage);
    reading = new Reading(inputs);
    this.engine = engine.fitting(table.values());
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public Round run() {
    var clock = new Round.Clock();
    try (var scope = new TensorScope()) {
      Tensor output = engine.read(table.values(), reading.slots, reading.weights);
      clock.stage("read");
      if (results.isEmpty()) {
        results.put("output", Tensors.floats(output));
      }
    }
    return clock.round();
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
  public void close() {
    reading.close();
    table.close();
  }
}
