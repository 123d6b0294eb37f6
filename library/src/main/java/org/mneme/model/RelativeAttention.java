package org.mneme.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.model.KeyPlaces.Stretch;
import org.mneme.tensor.Autocast;
import org.mneme.tensor.JavaOperation;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Attention by content and by relative position, softmax(scale ((Q + u) K^T + (Q + v) R^T)) V with
/// R of the distance between query and key (Dai et al. 2019, section 3.3). Products are those of
/// the open precision, the softmax and all sums over scores are float32 or wider.
///
/// Scores are made for some rows at a time, which stay in the processor's cache, and again in the
/// backward pass: `[rows, heads, time, keys]` is nowhere in memory, but for the byte a score that
/// dropout takes.
///
/// @param content u, added to queries that look for content, `[heads, headDim]`
/// @param position v, added to queries that look for positions, `[heads, headDim]`
/// @param scale of the scores, usually 1 / sqrt(headDim)
/// @param dropout share of the weights that is dropped
record RelativeAttention(Tensor content, Tensor position, double scale, double dropout) {
  /// Of a buffer of scores: few enough for it to stay in the cache, enough for products to be fast.
  private static final long ELEMENTS = 1 << 18;

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
      List<Tensor> read = new ArrayList<>();
      for (int i = 0; i < inputs.size(); i++) {
        boolean bias = i == 3 || i == 4;
        read.add(kept(inputs.get(i).to(bias ? own : products).contiguous()));
      }
      Work work = new Work(read, GradMode.is_enabled() ? places.saved() : places, own);
      List<torch.ScalarType> types =
          inputs.stream().map(input -> input.scalar_type().intern()).toList();
      Tensor output = work.forward();
      return scope.keep(
          JavaOperation.apply(output, inputs, false, incoming -> work.gradients(incoming, types)));
    }
  }

  /// Where a backward pass may come, kept for it.
  private static Tensor kept(Tensor tensor) {
    return GradMode.is_enabled() ? JavaOperation.saved(tensor) : tensor.detach();
  }

  /// What one call computes with, kept for its backward pass where one may come.
  private final class Work {
    private final Tensor query; // like key, value and distances of the type of the products
    private final Tensor key;
    private final Tensor value;
    private final Tensor content;
    private final Tensor position;
    private final List<Tensor> distances;
    private final KeyPlaces places;
    private final torch.ScalarType wide;
    private final long heads;
    private final long time;
    private final long keys;
    private final long headDim;
    private final long rowsAtOnce;
    private final List<Tensor> kept = new ArrayList<>(); // by chunk, where anything is dropped
    private @Nullable Tensor output;

    /// @param wide what scores are added up in
    Work(List<Tensor> inputs, KeyPlaces places, torch.ScalarType wide) {
      query = inputs.get(0);
      key = inputs.get(1);
      value = inputs.get(2);
      content = inputs.get(3);
      position = inputs.get(4);
      distances = inputs.subList(5, inputs.size());
      this.places = places;
      this.wide = wide;
      heads = query.size(1);
      time = query.size(2);
      headDim = query.size(3);
      keys = key.size(2);
      rowsAtOnce = Math.clamp(ELEMENTS / (heads * time * keys), 1, Math.max(1, query.size(0)));
    }

    /// Room for numbers of a score each, `[rows, heads, time, keys]`: as wide as sums are, and as
    /// products are, which is the same one where these are as wide.
    private final class Room {
      private final Tensor sums = Tensors.empty(wide, rowsAtOnce, heads, time, keys);
      private final Tensor products = rounds() ? empty(rowsAtOnce, heads, time, keys) : sums;

      /// a b, `[rows * heads, time, keys]`, to be added to.
      Tensor product(Chunk chunk, Tensor a, Tensor b) {
        Tensor product = products.narrow(0, 0, chunk.rows);
        var unused = torch.bmm_out(flat(product), a, b);
        Tensor wider = sums.narrow(0, 0, chunk.rows);
        return rounds() ? wider.copy_(product) : wider;
      }

      /// `sums` as a factor of products, `[rows * heads, time, keys]`.
      Tensor factor(Chunk chunk, Tensor sums) {
        return flat(rounds() ? products.narrow(0, 0, chunk.rows).copy_(sums) : sums);
      }
    }

    /// Room for scores by position of each stretch, `[heads, rows * time, distances]`.
    private List<Tensor> places() {
      return distances.stream().map(r -> empty(heads, rowsAtOnce * time, r.size(1))).toList();
    }

    private boolean rounds() {
      return query.scalar_type().intern() != wide;
    }

    private Tensor empty(long... shape) {
      return Tensors.empty(query.scalar_type().intern(), shape);
    }

    /// Some rows of the batch.
    private record Chunk(long from, long rows, int index) {
      Tensor of(Tensor tensor) {
        return tensor.narrow(0, from, rows);
      }
    }

    private List<Chunk> chunks() {
      List<Chunk> chunks = new ArrayList<>();
      for (long from = 0; from < query.size(0); from += rowsAtOnce) {
        chunks.add(new Chunk(from, Math.min(rowsAtOnce, query.size(0) - from), chunks.size()));
      }
      return chunks;
    }

    Tensor forward() {
      boolean records = GradMode.is_enabled();
      try (var unrecorded = new NoGradGuard()) {
        return forward(records);
      }
    }

    /// @param records whether a backward pass may come
    private Tensor forward(boolean records) {
      Tensor contexts = empty(query.size(0), heads, time, headDim);
      Room room = new Room();
      List<Tensor> byPosition = places();
      for (Chunk chunk : chunks()) {
        try (var scope = new TensorScope()) {
          Tensor weights = weights(chunk, room, byPosition);
          if (dropout > 0) {
            Tensor stays = Tensors.empty(torch.ScalarType.Bool, chunk.rows, heads, time, keys);
            var drawn = stays.bernoulli_(1 - dropout, new GeneratorOptional());
            if (records) {
              kept.add(JavaOperation.saved(drawn));
            }
            drop(weights, drawn);
          }
          var unused =
              torch.bmm_out(
                  flat(chunk.of(contexts)), room.factor(chunk, weights), flat(chunk.of(value)));
        }
      }
      output = records ? JavaOperation.saved(contexts) : null;
      return contexts;
    }

    /// @param stays bool, of the weights' shape
    private void drop(Tensor weights, Tensor stays) {
      var unused = weights.mul_(stays).mul_(new Scalar(1 / (1 - dropout)));
    }

    /// `[rows, heads, a, b]` -> `[rows * heads, a, b]`, a view.
    private Tensor flat(Tensor tensor) {
      return tensor.view(-1, tensor.size(2), tensor.size(3));
    }

    /// Queries that look for content or positions, `[rows, heads, time, headDim]`.
    private Tensor asking(Chunk chunk, Tensor bias) {
      return chunk
          .of(query)
          .add(bias.view(1, heads, 1, headDim))
          .mul_(new Scalar(scale))
          .to(query.scalar_type());
    }

    /// `[rows, heads, time, headDim]` -> `[heads, rows * time, headDim]`
    private Tensor byHead(Tensor tensor) {
      return tensor.transpose(0, 1).reshape(heads, -1, headDim);
    }

    /// The softmax of the scores, `[rows, heads, time, keys]`, the room's sums.
    private Tensor weights(Chunk chunk, Room room, List<Tensor> byPosition) {
      Tensor keysFlipped = flat(chunk.of(key)).transpose(1, 2);
      Tensor scores = room.product(chunk, flat(asking(chunk, content)), keysFlipped);
      Tensor asking = byHead(asking(chunk, position));
      for (int i = 0; i < distances.size(); i++) {
        Stretch stretch = places.stretches().get(i);
        Tensor own = positions(byPosition.get(i), chunk);
        var unused = torch.bmm_out(own, asking, distances.get(i).transpose(1, 2));
        unused = scores.narrow(3, stretch.from(), stretch.count()).add_(byKey(own, stretch, chunk));
      }
      Tensor hidden = places.hidden();
      Tensor own = hidden.dim() == 2 ? hidden : chunk.of(hidden);
      var unused = scores.masked_fill_(own, new Scalar(Double.NEGATIVE_INFINITY));
      return torch.softmax_out(scores, scores, 3);
    }

    /// The part of the room that a chunk takes, `[heads, rows * time, distances]`.
    private Tensor positions(Tensor room, Chunk chunk) {
      return room.view(-1)
          .narrow(0, 0, heads * chunk.rows * time * room.size(2))
          .view(heads, chunk.rows * time, room.size(2));
    }

    private Tensor byKey(Tensor byPosition, Stretch stretch, Chunk chunk) {
      return KeyPlaces.byKey(byPosition.view(heads, chunk.rows, time, byPosition.size(2)), stretch);
    }

    /// In the order and of the types of `inputs`.
    List<@Nullable Tensor> gradients(Tensor incoming, List<torch.ScalarType> types) {
      try (var scope = new TensorScope();
          var unrecorded = new NoGradGuard();
          var exact = Autocast.off()) {
        Tensor byQuery = empty(query.size(0), heads, time, headDim);
        Tensor byKey = empty(query.size(0), heads, keys, headDim);
        Tensor byValue = empty(query.size(0), heads, keys, headDim);
        Tensor byContent = torch.zeros_like(content);
        Tensor byPosition = torch.zeros_like(position);
        List<Tensor> byDistance =
            distances.stream().map(r -> torch.zeros_like(r.to(wide))).toList();
        Tensor outputs = Objects.requireNonNull(output).to(wide);
        Tensor deltas = incoming.to(wide).mul(outputs).sum(-1);
        Room room = new Room();
        Room second = new Room();
        List<Tensor> places = places();
        for (Chunk chunk : chunks()) {
          try (var inner = new TensorScope()) {
            Tensor weights = weights(chunk, room, places);
            Tensor arriving = flat(chunk.of(incoming));
            Tensor byWeights =
                second.product(chunk, arriving, flat(chunk.of(value)).transpose(1, 2));
            Tensor applied = weights;
            if (dropout > 0) {
              drop(byWeights, kept.get(chunk.index));
              applied = weights.clone();
              drop(applied, kept.get(chunk.index));
            }
            Tensor factor = room.factor(chunk, applied).transpose(1, 2);
            var unused = torch.bmm_out(flat(chunk.of(byValue)), factor, arriving);
            Tensor byScores =
                byWeights.sub_(chunk.of(deltas).unsqueeze(-1)).mul_(weights); // of the softmax
            Tensor asking = asking(chunk, content);
            Tensor scored = second.factor(chunk, byScores);
            unused = torch.bmm_out(flat(chunk.of(byKey)), scored.transpose(1, 2), flat(asking));
            Tensor byAsking = scored.bmm(flat(chunk.of(key))).view_as(asking).to(wide);
            Tensor byPlaces = ofPositions(chunk, byScores, places, byDistance);
            unused = byContent.add_(byAsking.sum(0, 2), new Scalar(scale));
            unused = byPosition.add_(byPlaces.sum(0, 2), new Scalar(scale));
            unused = chunk.of(byQuery).copy_(byAsking.add(byPlaces).mul_(new Scalar(scale)));
          }
        }
        List<Tensor> all = new ArrayList<>(List.of(byQuery, byKey, byValue, byContent, byPosition));
        all.addAll(byDistance);
        List<@Nullable Tensor> gradients = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
          gradients.add(scope.keep(all.get(i).to(types.get(i))));
        }
        return gradients;
      }
    }

    /// Of the queries that look for positions, `[rows, heads, time, headDim]`; those of distances
    /// are added to `byDistance`.
    private Tensor ofPositions(
        Chunk chunk, Tensor byScores, List<Tensor> room, List<Tensor> byDistance) {
      Tensor asking = byHead(asking(chunk, position));
      Tensor sum = Tensors.zeros(wide, heads, chunk.rows * time, headDim);
      for (int i = 0; i < distances.size(); i++) {
        Stretch stretch = places.stretches().get(i);
        Tensor byPosition = positions(room.get(i), chunk).zero_();
        Tensor own = byScores.narrow(3, stretch.from(), stretch.count());
        var unused = byKey(byPosition, stretch, chunk).copy_(own);
        unused = sum.add_(byPosition.bmm(distances.get(i)));
        unused = byDistance.get(i).add_(byPosition.transpose(1, 2).bmm(asking));
      }
      return sum.view(heads, chunk.rows, time, headDim).transpose(0, 1);
    }
  }
}
