package org.mneme.benchmarks.peers;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.mneme.memory.MemoryLayer;
import org.mneme.memory.ProductKeyConfig;
import org.mneme.memory.ProductKeyMemory;
import org.mneme.memory.RowAdam;
import org.mneme.memory.ValueInit;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// The step of a whole layer: forward, backward (gradients of x, query, norm, keys and table), and
/// the update of the table. The other gradients are computed and dropped, as the peer does.
final class OurStep implements OurCase {
  private static final double LEARNING_RATE = 1e-3;
  private static final String PREFIX = "memory.";

  private final Parameters parameters = new Parameters();
  private final ProductKeyMemory layer;
  private final RowAdam optimiser;
  private final Tensor x; // [tokens, dim]
  private final Tensor gradient; // [tokens, dim]
  private final Map<String, float[]> first = new LinkedHashMap<>();
  private int[] slots = {};

  OurStep(Shape shape, Path folder) {
    int dim = shape.valueDim();
    ProductKeyConfig config =
        ProductKeyConfig.defaults(dim)
            .withKeysPerSide(shape.keysPerSide())
            .withHeads(Shape.HEADS)
            .withSlotsPerHead(Shape.SLOTS_PER_HEAD)
            .withQueryDim(Shape.QUERY_DIM)
            .withValueInit(ValueInit.ZERO);
    layer = (ProductKeyMemory) MemoryLayer.create(config, parameters, PREFIX, 1);
    for (String name : new String[] {"query.weight", "query.bias", "keys"}) {
      float[] values = RawFiles.floats(folder.resolve(name));
      Tensors.memory(parameters.get(PREFIX + name)).copyFrom(MemorySegment.ofArray(values));
    }
    Tensor values = parameters.get(PREFIX + "values");
    Table.fill(Tensors.memory(values), shape.slots(), dim, shape.exponent());
    optimiser = new RowAdam(values, RowAdam.Settings.USUAL);
    try (var scope = new TensorScope()) {
      x = TensorScope.own(Tensors.of(RawFiles.floats(folder.resolve("x")), Shape.TOKENS, dim));
      gradient =
          TensorScope.own(
              Tensors.of(RawFiles.floats(folder.resolve("gradient")), Shape.TOKENS, dim));
    }
    var unused = x.set_requires_grad(true);
  }

  @Override
  public Round round() {
    Clock clock = new Clock();
    try (var scope = new TensorScope()) {
      ProductKeyMemory.Read read = layer.read(x, true);
      clock.stage("forward");
      read.output().backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
      clock.stage("backward");
      optimiser.step(LEARNING_RATE);
      clock.stage("update");
      keepFirst(read);
      clock.skip();
    }
    parameters.clearGradients();
    try (var scope = new TensorScope()) {
      x.mutable_grad().put(new Tensor());
    }
    clock.stage("clear");
    return clock.round();
  }

  private void keepFirst(ProductKeyMemory.Read read) {
    if (first.isEmpty()) {
      first.put("output", Tensors.floats(read.output()));
      first.put("xGradient", Tensors.floats(x.grad()));
      long[] ids = Tensors.longs(read.slots());
      slots = Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
    }
  }

  @Override
  public void results(Path folder) {
    first.forEach((name, values) -> RawFiles.write(folder.resolve(name), values));
    RawFiles.write(folder.resolve("slots"), slots);
  }

  @Override
  public void rows(int[] rows, Path folder) {
    Tensor values = parameters.get(PREFIX + "values");
    RawFiles.write(folder.resolve("rows"), Table.rows(Tensors.memory(values), rows, x.size(1)));
  }

  @Override
  public void close() {
    optimiser.close();
    parameters.close();
    x.close();
    gradient.close();
  }
}
