package org.mneme.model;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.Dropout;
import org.mneme.memory.MemoryLayer;
import org.mneme.memory.SharedTables;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.tensor.JavaOperation;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.Tensors;

/// One block of a Transformer-XL: h = LN(x + attention(x)), then LN(h + FFN(h)); where it norms
/// first, h = x + attention(LN(x)), then h + FFN(LN(h)). A memory of slots adds to the feed-forward
/// or stands in its place.
final class TransformerXlBlock implements Blocks.Block {
  private static final double DEVIATION = 0.02;

  private final TransformerXlConfig config;
  private final Tensor queryKeyValue; // [3 * heads * headDim, dim]
  private final Tensor position; // [heads * headDim, dim]
  private final Tensor output; // [dim, heads * headDim]
  private final LayerNorm attentionNorm;
  private final LayerNorm feedForwardNorm;
  private final @Nullable FeedForward feedForward;
  private final @Nullable MemoryLayer memory;
  private HeadOrder headOrder = HeadOrder.OWN;

  private record FeedForward(Linear inner, Linear outer) {}

  /// @param tables that the memories of all blocks have in common
  TransformerXlBlock(
      TransformerXlConfig config,
      Parameters parameters,
      String prefix,
      int index,
      long seed,
      SharedTables tables) {
    this.config = config;
    int dim = config.dim();
    int heads = config.heads() * config.headDim();
    double eps = config.layerNormEps();
    queryKeyValue = weight(parameters, prefix + "dec_attn.qkv_net.weight", 3L * heads, dim);
    output = weight(parameters, prefix + "dec_attn.o_net.weight", dim, heads);
    attentionNorm = LayerNorm.create(parameters, prefix + "dec_attn.layer_norm", dim, eps);
    position = weight(parameters, prefix + "dec_attn.r_net.weight", heads, dim);
    MemoryPlacement placement = config.memoryAt(index);
    String second = prefix + "pos_ff.";
    int innerDim = config.feedForwardDim();
    feedForward =
        placement != null && placement.placement() == Placement.REPLACE
            ? null
            : new FeedForward(
                Linear.create(parameters, second + "CoreNet.0", dim, innerDim),
                Linear.create(parameters, second + "CoreNet.3", innerDim, dim));
    feedForwardNorm = LayerNorm.create(parameters, second + "layer_norm", dim, eps);
    memory =
        placement != null
            ? MemoryLayer.create(placement.layer(), parameters, prefix + "memory.", seed, tables)
            : null;
  }

  private static Tensor weight(Parameters parameters, String name, long out, long in) {
    return parameters.parameter(name, Randomness.normal(DEVIATION, out, in));
  }

  @Override
  public @Nullable MemoryLayer memory() {
    return memory;
  }

  /// Draws whose keys, values and positions heads attend with in training, until the next call.
  @Override
  public void beginStep(long seed) {
    headOrder = HeadOrder.drawn(config.heads(), config.crossHead(), seed);
  }

  /// What a block reads beside its input `[rows * time, dim]`.
  ///
  /// @param remembered by this block of each row, `[rows, length, dim]`; null for nothing
  /// @param sights all rows, in one or several
  /// @param attention by the biases that all blocks share
  /// @param readers `[readers]` int64 positions that read memories of slots; null for all
  record Context(
      long rows,
      long time,
      @Nullable Tensor remembered,
      List<Sight> sights,
      RelativeAttention attention,
      @Nullable Tensor readers) {
    /// The same for a block that runs again in the backward pass, and reads no slots.
    Context saved() {
      return new Context(
          rows,
          time,
          remembered == null ? null : JavaOperation.saved(remembered),
          sights.stream().map(Sight::saved).toList(),
          attention,
          null);
    }

    /// The same with attention by other handles on the biases.
    Context with(RelativeAttention other) {
      return new Context(rows, time, remembered, sights, other, readers);
    }
  }

  /// What rows of a batch see alike.
  ///
  /// @param sinusoids of each stretch of keys, `[distances, dim]`
  record Sight(KeyPlaces places, List<Tensor> sinusoids) {
    private Sight saved() {
      return new Sight(places, sinusoids.stream().map(JavaOperation::saved).toList());
    }
  }

  /// x `[rows * time, dim]` -> the same shape
  Tensor apply(Tensor x, Context context, boolean training) {
    Tensor sum = x.add(dropout(attend(x, context, training), training));
    Tensor h = config.normFirst() ? sum : attentionNorm.apply(sum);
    Tensor read = config.normFirst() ? feedForwardNorm.apply(h) : h;
    Tensor out = h;
    if (feedForward != null) {
      Tensor inner = config.activation().apply(feedForward.inner.apply(read));
      out = h.add(dropout(feedForward.outer.apply(dropout(inner, training)), training));
    }
    if (memory != null) {
      out = memory.addTo(out, read, context.readers, training);
    }
    return config.normFirst() ? out : feedForwardNorm.apply(out);
  }

  private Tensor attend(Tensor x, Context context, boolean training) {
    Tensor remembered = context.remembered;
    Tensor keys = config.normFirst() ? attentionNorm.apply(x) : x; // [rows * time, dim]
    Tensor queries = keys;
    if (remembered != null) {
      Tensor before = remembered.to(type(x));
      Tensor normed = config.normFirst() ? attentionNorm.apply(before) : before;
      Tensor own = keys.view(context.rows, context.time, config.dim());
      keys = torch.cat(new TensorVector(normed, own), 1).view(-1, config.dim());
    }
    long width = width();
    HeadOrder order = training ? headOrder : HeadOrder.OWN;
    // [rows, heads, time or keys, headDim]
    TensorVector weights = queryKeyValue.split_with_sizes(new long[] {width, 2 * width}, 0);
    Tensor query = heads(Linear.apply(queries, weights.get(0), null), context);
    TensorVector both = Linear.apply(keys, weights.get(1), null).chunk(2, 1);
    Tensor key = order.apply(heads(both.get(0), context));
    Tensor value = order.apply(heads(both.get(1), context));
    Tensor seen = see(query, key, value, context, order); // [rows, heads, time, headDim]
    return Linear.apply(seen.transpose(1, 2).reshape(-1, width), output, null);
  }

  /// Attention of all rows, those together whose keys are at the same distances.
  private Tensor see(Tensor query, Tensor key, Tensor value, Context context, HeadOrder order) {
    if (context.sights.size() == 1) {
      Sight all = context.sights.getFirst();
      return context.attention.apply(query, key, value, all.places, distances(all, order));
    }
    TensorVector parts = new TensorVector();
    long[] back = new long[Math.toIntExact(context.rows)];
    int done = 0;
    for (Sight sight : context.sights) {
      int[] some = sight.places.rows();
      for (int row : some) {
        back[row] = done++;
      }
      Tensor rows = Tensors.of(Arrays.stream(some).asLongStream().toArray(), some.length);
      parts.push_back(
          context.attention.apply(
              query.index_select(0, rows),
              key.index_select(0, rows),
              value.index_select(0, rows),
              sight.places,
              distances(sight, order)));
    }
    return torch.cat(parts, 0).index_select(0, Tensors.of(back, back.length));
  }

  /// R of each stretch, `[heads, distances, headDim]`.
  private List<Tensor> distances(Sight sight, HeadOrder order) {
    return sight.sinusoids.stream()
        .map(sinusoids -> {
          Tensor projected = Linear.apply(sinusoids, position, null);
          Tensor byHead =
              projected
                  .view(1, projected.size(0), config.heads(), config.headDim())
                  .transpose(1, 2);
          return order.apply(byHead).squeeze(0);
        })
        .toList();
  }

  private long width() {
    return (long) config.heads() * config.headDim();
  }

  private static torch.ScalarType type(Tensor x) {
    return x.scalar_type().intern();
  }

  /// `[rows * time, heads * headDim]` -> `[rows, heads, time, headDim]`
  private Tensor heads(Tensor x, Context context) {
    return x.view(context.rows, x.size(0) / context.rows, config.heads(), config.headDim())
        .transpose(1, 2);
  }

  private Tensor dropout(Tensor x, boolean training) {
    return Dropout.apply(x, config.dropout().hidden(), training);
  }
}
