package org.mneme.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.memory.Dropout;
import org.mneme.model.RelativeSoftmax.Scores;
import org.mneme.tensor.Autocast;
import org.mneme.tensor.JavaOperation;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Attention by content and by relative position, softmax(scale ((Q + u) K^T + (Q + v) R^T)) V with
/// R of the distance between query and key (Dai et al. 2019, section 3.3). Products are those of
/// the open precision, the softmax and all sums over scores are float32 or wider.
///
/// Scores are made for some rows at a time, which stay in the processor's cache, and again in the
/// backward pass: `[rows, heads, time, keys]` is nowhere in memory.
///
/// @param content u, added to queries that look for content, `[heads, headDim]`
/// @param position v, added to queries that look for positions, `[heads, headDim]`
/// @param scale of the scores, usually 1 / sqrt(headDim)
/// @param dropout share of the weights that is dropped
record RelativeAttention(Tensor content, Tensor position, double scale, double dropout) {
  /// Of a buffer of scores: few enough for it to stay in the cache, enough for products to be fast.
  private static final long BYTES = 1 << 21;

  /// The same with other handles on the biases.
  RelativeAttention with(Tensor content, Tensor position) {
    return new RelativeAttention(content, position, scale, dropout);
  }

  /// The same that drops another share.
  RelativeAttention withDropout(double share) {
    return new RelativeAttention(content, position, scale, share);
  }

  /// The context `[rows, heads, time, headDim]`, of the type of the products.
  ///
  /// @param query `[rows, heads, time, headDim]`
  /// @param key `[rows, heads, keys, headDim]`, like `value`
  /// @param distances R for each stretch of the keys, `[heads, distances, headDim]`
  Tensor apply(Tensor query, Tensor key, Tensor value, KeyPlaces places, List<Tensor> distances) {
    boolean rounds = Autocast.isOpen() && query.scalar_type().intern() != torch.ScalarType.Double;
    try (var scope = new TensorScope();
        var exact = Autocast.off()) {
      List<Tensor> inputs = new ArrayList<>(List.of(query, key, value, content, position));
      inputs.addAll(distances);
      Tensor wide = Precision.widened(query);
      torch.ScalarType own = wide.scalar_type().intern();
      torch.ScalarType products = rounds ? torch.ScalarType.BFloat16 : own;
      boolean records = GradMode.is_enabled() && inputs.stream().anyMatch(Tensor::requires_grad);
      List<Tensor> read = new ArrayList<>();
      for (int i = 0; i < inputs.size(); i++) {
        boolean bias = i == 3 || i == 4;
        Tensor typed = inputs.get(i).to(bias ? own : products).contiguous();
        read.add(records ? JavaOperation.saved(typed) : typed.detach());
      }
      Work work = new Work(read, places, own);
      List<torch.ScalarType> types =
          inputs.stream().map(input -> input.scalar_type().intern()).toList();
      Tensor output;
      try (var unrecorded = new NoGradGuard()) {
        output = work.forward(records);
      }
      return scope.keep(
          JavaOperation.apply(output, inputs, false, incoming -> work.gradients(incoming, types)));
    }
  }

  /// What one call computes with, kept for its backward pass where one may come.
  private final class Work {
    private final Tensor query; // like key, value and distances of the type of the products
    private final Tensor key;
    private final Tensor value;
    private final Tensor content;
    private final Tensor position;
    private final List<Tensor> distances;
    private final RelativeSoftmax softmax;
    private final torch.ScalarType wide;
    private final long batch;
    private final long heads;
    private final long time;
    private final long keys;
    private final long headDim;
    private final long rowsAtOnce;
    private final long seed; // of what is dropped
    private @Nullable Tensor output;
    private @Nullable Tensor logSums;

    /// @param wide what scores are added up in
    Work(List<Tensor> inputs, KeyPlaces places, torch.ScalarType wide) {
      query = inputs.get(0);
      key = inputs.get(1);
      value = inputs.get(2);
      content = inputs.get(3);
      position = inputs.get(4);
      distances = inputs.subList(5, inputs.size());
      softmax = new RelativeSoftmax(places, scale, dropout);
      seed = dropout > 0 ? Randomness.draw() : 0;
      this.wide = wide;
      batch = query.size(0);
      heads = query.size(1);
      time = query.size(2);
      headDim = query.size(3);
      keys = key.size(2);
      if (dropout > 0 && heads * time * keys > Dropout.MOST_PLACES) {
        throw InvalidInputException.config(
            "data.batches.maxLength",
            "%,d scores of a text are too many for dropout; take shorter segments"
                .formatted(heads * time * keys));
      }
      long rowBytes = heads * time * keys * query.element_size();
      rowsAtOnce = Math.clamp(BYTES / rowBytes, 1, Math.max(1, batch));
    }

    /// Queries that look for content, `[batch, heads, time, headDim]`, and those that look for
    /// positions, `[heads, batch * time, headDim]`.
    private record Asking(Tensor content, Tensor position) {}

    private Asking asking() {
      Tensor byContent = empty(batch, heads, time, headDim);
      Tensor byPosition = empty(heads, batch * time, headDim);
      var unused = torch.add_out(byContent, query, content.view(1, heads, 1, headDim));
      unused =
          torch.add_out(
              byPosition.view(heads, batch, time, headDim),
              query.transpose(0, 1),
              position.view(heads, 1, 1, headDim));
      return new Asking(byContent, byPosition);
    }

    /// Some rows of the batch.
    private record Chunk(long from, long rows) {
      Tensor of(Tensor tensor) {
        return tensor.narrow(0, from, rows);
      }
    }

    private List<Chunk> chunks() {
      List<Chunk> chunks = new ArrayList<>();
      for (long from = 0; from < batch; from += rowsAtOnce) {
        chunks.add(new Chunk(from, Math.min(rowsAtOnce, batch - from)));
      }
      return chunks;
    }

    /// Room for products of a chunk, which the next chunk takes in turn.
    private final class Room {
      private final Tensor content = empty(rowsAtOnce, heads, time, keys);
      private final List<Tensor> byPosition =
          distances.stream().map(r -> empty(heads * rowsAtOnce * time * r.size(1))).toList();

      /// The products of the chunk's queries with keys and positions.
      Scores scores(Chunk chunk, Asking asking, Tensor logSums) {
        Tensor products = content.narrow(0, 0, chunk.rows);
        Tensor asked = flat(chunk.of(asking.content));
        var unused = torch.bmm_out(flat(products), asked, flat(chunk.of(key)).transpose(1, 2));
        List<Tensor> all = new ArrayList<>();
        for (int i = 0; i < distances.size(); i++) {
          Tensor own = byPosition(chunk, i);
          unused =
              torch.bmm_out(own, chunkOf(asking.position, chunk), distances.get(i).transpose(1, 2));
          all.add(own);
        }
        return new Scores(
            chunk.from, products, all, Randomness.derive(seed, chunk.from), chunk.of(logSums));
      }

      private Tensor byPosition(Chunk chunk, int index) {
        long count = distances.get(index).size(1);
        return byPosition
            .get(index)
            .narrow(0, 0, heads * chunk.rows * time * count)
            .view(heads, chunk.rows * time, count);
      }
    }

    private Tensor empty(long... shape) {
      return Tensors.empty(query.scalar_type().intern(), shape);
    }

    /// `[rows, heads, a, b]` -> `[rows * heads, a, b]`, a view.
    private Tensor flat(Tensor tensor) {
      return tensor.view(-1, tensor.size(2), tensor.size(3));
    }

    /// A chunk of `[heads, batch * time, headDim]`.
    private Tensor chunkOf(Tensor byHead, Chunk chunk) {
      return byHead.narrow(1, chunk.from * time, chunk.rows * time);
    }

    /// @param records whether a backward pass may come
    Tensor forward(boolean records) {
      Tensor contexts = empty(batch, heads, time, headDim);
      Tensor sums = Tensors.empty(wide, batch, heads, time);
      try (var outer = new TensorScope()) {
        Room room = new Room();
        Asking asking = asking();
        for (Chunk chunk : chunks()) {
          try (var scope = new TensorScope()) {
            Scores scores = room.scores(chunk, asking, sums);
            softmax.weights(scores);
            var unused =
                torch.bmm_out(
                    flat(chunk.of(contexts)), flat(scores.content()), flat(chunk.of(value)));
          }
        }
      }
      if (records) {
        output = JavaOperation.saved(contexts);
        logSums = JavaOperation.saved(sums);
      }
      return contexts;
    }

    /// In the order and of the types of `inputs`.
    List<@Nullable Tensor> gradients(Tensor incoming, List<torch.ScalarType> types) {
      try (var scope = new TensorScope();
          var unrecorded = new NoGradGuard();
          var exact = Autocast.off()) {
        Tensor byQuery = empty(batch, heads, time, headDim);
        Tensor byKey = empty(batch, heads, keys, headDim);
        Tensor byValue = empty(batch, heads, keys, headDim);
        Tensor byPlaces = empty(heads, batch * time, headDim); // of queries, by positions
        List<Tensor> byDistance =
            distances.stream().map(r -> torch.zeros_like(r.to(wide))).toList();
        Tensor outputs = Objects.requireNonNull(output).to(wide);
        Tensor deltas = incoming.to(wide).mul(outputs).sum(-1);
        Tensor sums = Objects.requireNonNull(logSums);
        Room room = new Room();
        Tensor second = empty(rowsAtOnce, heads, time, keys);
        Asking asking = asking();
        for (Chunk chunk : chunks()) {
          try (var inner = new TensorScope()) {
            Scores scores = room.scores(chunk, asking, sums);
            Tensor arriving = flat(chunk.of(incoming));
            Tensor byWeights = second.narrow(0, 0, chunk.rows);
            var unused =
                torch.bmm_out(flat(byWeights), arriving, flat(chunk.of(value)).transpose(1, 2));
            softmax.gradients(scores, byWeights, chunk.of(deltas));
            Tensor weights = flat(scores.content());
            unused = torch.bmm_out(flat(chunk.of(byValue)), weights.transpose(1, 2), arriving);
            Tensor scored = flat(byWeights);
            Tensor asked = flat(chunk.of(asking.content));
            unused = torch.bmm_out(flat(chunk.of(byKey)), scored.transpose(1, 2), asked);
            unused = torch.bmm_out(flat(chunk.of(byQuery)), scored, flat(chunk.of(key)));
            Tensor places = chunkOf(byPlaces, chunk);
            Tensor askedFor = chunkOf(asking.position, chunk);
            for (int i = 0; i < distances.size(); i++) {
              Tensor own = scores.byPosition().get(i);
              Tensor product = own.bmm(distances.get(i));
              unused = i == 0 ? places.copy_(product) : places.add_(product);
              unused = byDistance.get(i).add_(own.transpose(1, 2).bmm(askedFor));
            }
          }
        }
        Tensor byContent = sum(byQuery, 0, 2);
        Tensor byPosition = sum(byPlaces, 1);
        var unused = byQuery.add_(byPlaces.view(heads, batch, time, headDim).transpose(0, 1));
        List<Tensor> all = new ArrayList<>(List.of(byQuery, byKey, byValue, byContent, byPosition));
        all.addAll(byDistance);
        List<@Nullable Tensor> gradients = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
          gradients.add(scope.keep(all.get(i).to(types.get(i))));
        }
        return gradients;
      }
    }

    /// `[heads, headDim]`, as wide as sums are.
    private Tensor sum(Tensor tensor, long... dims) {
      return tensor.sum(dims, false, new ScalarTypeOptional(wide));
    }
  }
}
