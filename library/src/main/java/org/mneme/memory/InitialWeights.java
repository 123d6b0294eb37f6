package org.mneme.memory;

import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.LargeMemory;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.Tensors;

/// Makes the parameters of one layer. Every draw has a seed of its own, derived from the run's
/// seed, the layer's prefix and the place, so that no draw depends on what was drawn before it.
///
/// @param parameters where they go
/// @param prefix start of their names
/// @param seed the run's
/// @param type their floating type: drawn in float32, then converted
/// @param engine what tables compute with
record InitialWeights(
    Parameters parameters, String prefix, long seed, torch.ScalarType type, MemoryEngine engine) {

  /// Uniform in `[-bound, bound)`.
  Tensor uniform(String name, double bound, long... shape) {
    reseed(name);
    return parameter(name, Randomness.uniform(bound, shape));
  }

  /// Normal with mean 0.
  Tensor normal(String name, double deviation, long... shape) {
    reseed(name);
    return parameter(name, Randomness.normal(deviation, shape));
  }

  Tensor constant(String name, double value, long... shape) {
    return parameter(name, filled(value, shape));
  }

  /// State that is saved but not trained.
  Tensor buffer(String name, double value, long... shape) {
    return parameters.buffer(prefix + name, filled(value, shape).to(type));
  }

  /// A value table `[slots, dim]`, in memory of its own unless it is of float64.
  ValueTable table(String name, ValueInit init, long slots, long dim, Table.Type stored) {
    torch.ScalarType rows =
        switch (stored) {
          case FLOAT32 -> torch.ScalarType.Float;
          case BFLOAT16 -> torch.ScalarType.BFloat16;
        };
    TableStorage storage = TableStorage.chosen();
    LargeMemory memory = storage.allocate(slots * dim * stored.bytes());
    Tensor values = memory.tensor(rows, slots, dim); // [slots, dim]
    switch (init) {
      case ZERO -> {} // it is
      case NORMAL -> {
        reseed(name);
        var unused = values.normal_(0, 1 / Math.sqrt(dim), new GeneratorOptional());
      }
    }
    parameters.own(memory);
    boolean wide = type == torch.ScalarType.Double;
    Tensor kept = parameters.parameter(prefix + name, wide ? values.to(type) : values);
    ValueTable table = new ValueTable(kept, engine, storage);
    parameters.gradientElsewhere(table.gradient()::clear);
    return table;
  }

  /// Uniform half-keys `[heads, 2, keysPerSide, half]`, each head and side from its own seed.
  Tensor halfKeys(String name, double bound, long heads, long keysPerSide, long half) {
    Tensor keys = Tensors.empty(torch.ScalarType.Float, heads, 2, keysPerSide, half);
    for (int head = 0; head < heads; head++) {
      for (int side = 0; side < 2; side++) {
        reseed(name, head, side);
        var unused =
            keys.select(0, head)
                .select(0, side)
                .copy_(Randomness.uniform(bound, keysPerSide, half));
      }
    }
    return parameter(name, keys);
  }

  /// Uniform keys `[heads, slots, queryDim]`, each head's from its own seed.
  Tensor flatKeys(String name, double bound, long heads, long slots, long queryDim) {
    Tensor keys = Tensors.empty(torch.ScalarType.Float, heads, slots, queryDim);
    for (int head = 0; head < heads; head++) {
      reseed(name, head);
      var unused = keys.select(0, head).copy_(Randomness.uniform(bound, slots, queryDim));
    }
    return parameter(name, keys);
  }

  private Tensor filled(double value, long... shape) {
    return Tensors.zeros(torch.ScalarType.Float, shape).add_(new Scalar(value));
  }

  private Tensor parameter(String name, Tensor value) {
    return parameters.parameter(prefix + name, value.to(type));
  }

  private void reseed(String name, long... place) {
    long layer = Randomness.derive(seed, prefix.hashCode(), name.hashCode());
    Randomness.seed(Randomness.derive(layer, place));
  }
}
