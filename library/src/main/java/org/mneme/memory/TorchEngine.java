package org.mneme.memory;

import java.lang.foreign.ValueLayout;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.TableGradient.Chunk;
import org.mneme.memory.kernel.AdamStep;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// libtorch's operations: the path for every type and device, and the oracle of our own kernels.
public record TorchEngine() implements MemoryEngine {
  private static final long SUM = 0; // embedding_bag's mode
  private static final int TOKENS = 128; // whose rows are looked up at once

  @Override
  public String name() {
    return "torch";
  }

  @Override
  public Selection productKeys(Tensor halfScores, int k) {
    try (var scope = new TensorScope()) {
      long heads = halfScores.size(0);
      long tokens = halfScores.size(2);
      long keys = halfScores.size(3);
      long pairs = (long) k * k;
      Best halves = best(wide(halfScores), k); // [heads, 2, tokens, k]
      Tensor left = halves.indices.select(1, 0).unsqueeze(3).mul(new Scalar(keys));
      Tensor slots = left.add(halves.indices.select(1, 1).unsqueeze(2)).view(heads, tokens, pairs);
      Tensor sums =
          halves
              .scores
              .select(1, 0)
              .unsqueeze(3)
              .add(halves.scores.select(1, 1).unsqueeze(2))
              .view(heads, tokens, pairs);
      // slots rising first, so that the stable sort by sum leaves the lower of equals in front
      Tensor order = slots.argsort(-1, false);
      Best grid = best(sums.gather(-1, order), k);
      Tensor chosen = slots.gather(-1, order).gather(-1, grid.indices);
      return selection(scope, chosen, grid.scores);
    }
  }

  @Override
  public Selection flatKeys(Tensor scores, int k) {
    try (var scope = new TensorScope()) {
      Best best = best(wide(scores), k);
      return selection(scope, best.indices, best.scores);
    }
  }

  private record Best(Tensor scores, Tensor indices) {}

  /// The `k` highest of the last dimension, of equals the lower index first.
  private static Best best(Tensor scores, int k) {
    T_TensorTensor_T sorted = torch.sort(scores, new BoolOptional(true), -1, true);
    return new Best(
        new Tensor(sorted.get0()).narrow(-1, 0, k), new Tensor(sorted.get1()).narrow(-1, 0, k));
  }

  /// From `[heads, tokens, k]` of both.
  private static Selection selection(TensorScope scope, Tensor slots, Tensor scores) {
    return new Selection(
        scope.keep(slots.transpose(0, 1).to(torch.ScalarType.Int).contiguous()),
        scope.keep(scores.transpose(0, 1).contiguous()));
  }

  @Override
  public KeyGradients keyGradients(Tensor slots, Tensor scores, Tensor queries, Tensor keys) {
    try (var scope = new TensorScope()) {
      long heads = keys.size(0);
      long sides = keys.size(1);
      long count = keys.size(2);
      long tokens = slots.size(0);
      Tensor chosen = slots.to(torch.ScalarType.Long).transpose(0, 1); // [heads, tokens, k]
      Tensor all = torch.zeros(new long[] {heads, sides, tokens, count}, scores.options());
      for (long side = 0; side < sides; side++) {
        Tensor key =
            sides == 2 && side == 0
                ? chosen.floor_divide(new Scalar(count))
                : chosen.remainder(new Scalar(count));
        var unused = all.select(1, side).scatter_add_(-1, key, scores.transpose(0, 1));
      }
      Tensor products = all.view(heads * sides, tokens, count);
      Tensor halves = queries.view(tokens, heads * sides, keys.size(3)).transpose(0, 1);
      Tensor rows = keys.reshape(heads * sides, count, keys.size(3));
      Tensor toQueries = products.bmm(rows.to(scores.scalar_type())).transpose(0, 1);
      Tensor toKeys = products.transpose(1, 2).bmm(halves.to(scores.scalar_type()));
      return new KeyGradients(
          scope.keep(toQueries.reshape(queries.sizes())), scope.keep(toKeys.view(keys.sizes())));
    }
  }

  @Override
  public Tensor read(Tensor values, Tensor slots, Tensor weights) {
    long tokens = slots.size(0);
    long reads = slots.size(1);
    try (var scope = new TensorScope()) {
      if (tokens == 0) {
        return scope.keep(torch.zeros(new long[] {0, values.size(1)}, wideOptions(values)));
      }
      if (values.scalar_type().intern() == torch.ScalarType.BFloat16) {
        return scope.keep(readNarrow(values, slots, weights));
      }
      Tensor starts =
          torch.arange(
              new Scalar(0L),
              new Scalar(tokens * reads),
              new Scalar(reads),
              new TensorOptions(torch.ScalarType.Int)); // [tokens]
      var sums =
          torch.embedding_bag(
              values,
              slots.reshape(-1),
              starts,
              false,
              SUM,
              false,
              new TensorOptional(weights.reshape(-1).to(values.scalar_type())),
              false);
      return scope.keep(new Tensor(sums.get0()));
    }
  }

  /// libtorch's bag of bfloat16 rows wants weights of bfloat16 and rounds the sum.
  private static Tensor readNarrow(Tensor values, Tensor slots, Tensor weights) {
    Tensor sums = torch.zeros(new long[] {slots.size(0), values.size(1)}, wideOptions(values));
    for (long from = 0; from < slots.size(0); from += TOKENS) {
      try (var part = new TensorScope()) {
        long count = Math.min(TOKENS, slots.size(0) - from);
        Tensor shares = wide(weights.narrow(0, from, count)).unsqueeze(1); // [count, 1, reads]
        Tensor rows = rows(values, slots.narrow(0, from, count)); // [count, reads, dim]
        var unused = sums.narrow(0, from, count).copy_(shares.bmm(rows).squeeze(1));
      }
    }
    return sums;
  }

  /// The rows `slots` `[tokens, reads]`, `[tokens, reads, dim]` float32 or float64.
  private static Tensor rows(Tensor values, Tensor slots) {
    return wide(values.index_select(0, slots.reshape(-1)))
        .view(slots.size(0), slots.size(1), values.size(1));
  }

  @Override
  public Tensor dot(Tensor values, Tensor slots, Tensor vectors) {
    long tokens = slots.size(0);
    try (var scope = new TensorScope()) {
      Tensor products = torch.zeros(new long[] {tokens, slots.size(1)}, wideOptions(values));
      for (long from = 0; from < tokens; from += TOKENS) {
        try (var part = new TensorScope()) {
          long count = Math.min(TOKENS, tokens - from);
          Tensor rows = rows(values, slots.narrow(0, from, count));
          Tensor vector = wide(vectors.narrow(0, from, count)).unsqueeze(2);
          var unused = products.narrow(0, from, count).copy_(rows.bmm(vector).squeeze(2));
        }
      }
      return scope.keep(products);
    }
  }

  /// A gradient with a dense row for each row that has one.
  ///
  /// @param indices `[rows]` int64, rising
  /// @param sums `[rows, dim]`
  /// @param chunks what they are the sums of
  /// @param products see [MemoryEngine#group]
  record SummedRows(Tensor indices, Tensor sums, List<Chunk> chunks, @Nullable Tensor products)
      implements Grouped {
    @Override
    public int[] rows() {
      try (var scope = new TensorScope()) {
        return Tensors.memory(indices.to(torch.ScalarType.Int).contiguous())
            .toArray(ValueLayout.JAVA_INT);
      }
    }

    @Override
    public double norm() {
      try (var scope = new TensorScope()) {
        return torch.norm(sums.to(torch.ScalarType.Double)).item_double();
      }
    }

    @Override
    public void addTo(Tensor dense) {
      var unused = dense.index_add_(0, indices, sums);
    }
  }

  @Override
  public Grouped group(TableGradient gradient, @Nullable Tensor products) {
    try (var scope = new TensorScope()) {
      Tensor slots =
          torch.cat(
              new TensorVector(
                  gradient.chunks().stream()
                      .map(chunk -> chunk.slots().reshape(-1))
                      .toArray(Tensor[]::new)));
      Tensor counts = torch.bincount(slots);
      Tensor rows = counts.nonzero().view(-1); // [rows] int64, rising
      Tensor ranks = torch.zeros_like(counts);
      ranks.index_copy_(
          0,
          rows,
          torch.arange(new Scalar(rows.size(0)), new TensorOptions(torch.ScalarType.Long)));
      Tensor places = ranks.index_select(0, slots); // [reads]
      Tensor sums = Tensors.zeros(gradient.type(), rows.size(0), gradient.dim());
      long first = 0;
      for (Chunk chunk : gradient.chunks()) {
        first = add(chunk, places, first, sums);
      }
      return new SummedRows(scope.keep(rows), scope.keep(sums), gradient.chunks(), products);
    }
  }

  /// Adds one chunk, whose reads begin at `first`; returns where the next one's do.
  private static long add(Chunk chunk, Tensor places, long first, Tensor sums) {
    long tokens = chunk.slots().size(0);
    long reads = chunk.slots().size(1);
    for (long from = 0; from < tokens; from += TOKENS) {
      try (var scope = new TensorScope()) {
        long count = Math.min(TOKENS, tokens - from);
        Tensor shares = chunk.weights().narrow(0, from, count).unsqueeze(2);
        Tensor rows = shares.mul(chunk.vectors().narrow(0, from, count).unsqueeze(1));
        var unused =
            sums.index_add_(
                0,
                places.narrow(0, first + from * reads, count * reads),
                rows.view(count * reads, chunk.vectors().size(1)));
      }
    }
    return first + tokens * reads;
  }

  @Override
  public void adam(Tensor values, Tensor first, Tensor second, Grouped gradient, AdamStep step) {
    try (var scope = new TensorScope()) {
      SummedRows rows = summed(gradient);
      tellProducts(values, rows);
      Tensor g = rows.sums.mul(new Scalar((double) step.factor()));
      Tensor m = wide(first.index_select(0, rows.indices));
      Tensor s = wide(second.index_select(0, rows.indices));
      m = m.add(g.sub(m).mul(new Scalar((double) step.new1())));
      s = s.add(g.mul(g).sub(s).mul(new Scalar((double) step.new2())));
      Tensor change = m.div(s.sqrt().add(new Scalar((double) step.epsilon())));
      Tensor v = wide(values.index_select(0, rows.indices));
      v = v.sub(change.mul(new Scalar((double) step.stepSize())));
      put(first, rows.indices, m, step.seed() + 1);
      put(second, rows.indices, s, step.seed() + 2);
      put(values, rows.indices, v, step.seed());
    }
  }

  @Override
  public void descend(Tensor values, Grouped gradient, float rate, long seed) {
    try (var scope = new TensorScope()) {
      SummedRows rows = summed(gradient);
      tellProducts(values, rows);
      Tensor v = wide(values.index_select(0, rows.indices));
      put(values, rows.indices, v.sub(rows.sums.mul(new Scalar((double) rate))), seed);
    }
  }

  private void tellProducts(Tensor values, SummedRows rows) {
    if (rows.products == null) {
      return;
    }
    long first = 0;
    for (Chunk chunk : rows.chunks) {
      long reads = chunk.slots().numel();
      var unused =
          rows.products
              .view(-1)
              .narrow(0, first, reads)
              .copy_(dot(values, chunk.slots(), chunk.vectors()).view(-1));
      first += reads;
    }
  }

  /// Puts rows back into a table, rounded at random if it is of bfloat16.
  private static void put(Tensor table, Tensor indices, Tensor rows, long seed) {
    Tensor stored = rows;
    if (table.scalar_type().intern() == torch.ScalarType.BFloat16) {
      Randomness.seed(seed);
      Tensor noise = torch.randint(1L << 16, Shapes.of(rows), intOptions());
      stored =
          rows.contiguous()
              .view(torch.ScalarType.Int)
              .add(noise)
              .bitwise_and(new Scalar(0xffff0000L))
              .view(torch.ScalarType.Float)
              .to(torch.ScalarType.BFloat16);
    }
    var unused = table.index_copy_(0, indices, stored.to(table.scalar_type()));
  }

  private static SummedRows summed(Grouped gradient) {
    return switch (gradient) {
      case SummedRows rows -> rows;
      case KernelEngine.GroupedRows rows ->
          throw new IllegalArgumentException("the gradient was grouped by another engine");
    };
  }

  /// float32, or float64 where the tensor is.
  private static Tensor wide(Tensor tensor) {
    return tensor.to(wideType(tensor));
  }

  private static torch.ScalarType wideType(Tensor tensor) {
    return tensor.scalar_type().intern() == torch.ScalarType.Double
        ? torch.ScalarType.Double
        : torch.ScalarType.Float;
  }

  private static TensorOptions wideOptions(Tensor tensor) {
    return new TensorOptions(wideType(tensor));
  }

  private static TensorOptions intOptions() {
    return new TensorOptions(torch.ScalarType.Int);
  }
}
