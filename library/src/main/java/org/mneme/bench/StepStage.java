package org.mneme.bench;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.MemoryEngine;
import org.mneme.memory.MemoryLayer;
import org.mneme.memory.Output.Projected;
import org.mneme.memory.RowAdam;
import org.mneme.memory.RowOptimizer;
import org.mneme.memory.SparseMemory;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.memory.ValueInit;
import org.mneme.memory.ValueTable;
import org.mneme.memory.Values.Rows;
import org.mneme.tensor.Autocast;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// See [Stage#step].
final class StepStage implements Stage {
  static final double LEARNING_RATE = 1e-3;
  private static final String PREFIX = "memory.";

  private final Sizes sizes;
  private final Products products;
  private final Parameters parameters = new Parameters();
  private final SparseMemory layer;
  private final ValueTable table;
  private final RowOptimizer optimizer;
  private final Tensor x; // [tokens, dim]
  private final Tensor gradient; // [tokens, dim]
  private final Map<String, float[]> results = new LinkedHashMap<>();
  private int[] slots = {};

  StepStage(Sizes sizes, MemoryEngine engine, Products products) {
    this.sizes = sizes;
    this.products = products;
    int dim = sizes.dim();
    Inputs inputs = new Inputs(sizes);
    SparseMemoryConfig config =
        SparseMemoryConfig.defaults(dim)
            .with(memory -> {
              memory.keys = new ProductKeys(sizes.keysPerSide());
              memory.heads = Sizes.HEADS;
              memory.slotsPerHead = Sizes.SLOTS_PER_HEAD;
              memory.queryDim = Sizes.QUERY_DIM;
              memory.values = new Rows(ValueInit.ZERO);
              if (sizes.valueDim() != dim) {
                memory.output = new Projected(sizes.valueDim());
              }
            });
    layer =
        (SparseMemory)
            MemoryLayer.create(config, parameters, PREFIX, 1, torch.ScalarType.Float, engine);
    set("query.weight", inputs.queryWeight());
    set("query.bias", inputs.queryBias());
    set("keys", inputs.keys());
    table = layer.tables().values().iterator().next();
    FormulaTable.fill(table.values(), inputs);
    optimizer = new RowAdam(table, RowAdam.Settings.USUAL);
    try (var scope = new TensorScope()) {
      x = TensorScope.own(Tensors.of(inputs.x(), sizes.tokens(), dim));
      gradient = TensorScope.own(Tensors.of(inputs.gradient(), sizes.tokens(), dim));
    }
    var unused = x.set_requires_grad(true);
  }

  private void set(String name, float[] numbers) {
    Tensors.memory(parameters.get(PREFIX + name)).copyFrom(MemorySegment.ofArray(numbers));
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public Round run() {
    var clock = new Round.Clock();
    try (var scope = new TensorScope()) {
      SparseMemory.Read read = read();
      clock.stage("forward");
      optimizer.stepInBackward(LEARNING_RATE);
      read.output().backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
      clock.stage("backward");
      optimizer.step(LEARNING_RATE);
      clock.stage("update");
      keepFirst(read);
      clock.skip();
      table.gradient().clear();
      parameters.clearGradients();
      x.mutable_grad().put(new Tensor());
    }
    clock.stage("clear");
    return clock.round();
  }

  private SparseMemory.Read read() {
    return switch (products) {
      case FLOAT32 -> layer.read(x, true);
      case BFLOAT16 -> {
        try (var unused = Autocast.bfloat16()) {
          yield layer.read(x, true);
        }
      }
    };
  }

  private void keepFirst(SparseMemory.Read read) {
    if (results.isEmpty()) {
      results.put("output", Tensors.floats(read.output()));
      results.put("xGradient", Tensors.floats(x.grad()));
      slots = Tensors.memory(read.slots().contiguous()).toArray(ValueLayout.JAVA_INT);
    }
  }

  @Override
  public Map<String, float[]> results() {
    return results;
  }

  @Override
  public int[] slots() {
    return slots;
  }

  @Override
  public float[] rows(int... rows) {
    return FormulaTable.rows(table.values(), rows);
  }

  @Override
  public void close() {
    optimizer.close();
    parameters.close();
    x.close();
    gradient.close();
  }
}
