package org.mneme.memory;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.MemoryEngine.KeyGradients;
import org.mneme.memory.MemoryEngine.Selection;
import org.mneme.tensor.JavaOperation;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;

/// From queries to the slots of highest score, exactly, with gradients of the scores selected.
///
/// @param engine what it computes with
record KeySearch(MemoryEngine engine) {
  private static final long SCORE_BYTES = 32L << 20; // of what is looked at together
  private static final long LEAST_TOKENS = 64; // whose products are about as fast as those of all

  /// What was found.
  ///
  /// @param slots `[tokens, heads, k]` int32, each head's by falling score, of equals the lower
  ///   slot first
  /// @param scores `[tokens, heads, k]` float32 or float64; gradients flow to queries and keys
  record Found(Tensor slots, Tensor scores) {}

  /// The `k` best of `keysPerSide` squared slots: slot i * keysPerSide + j scores half-key i of the
  /// first side plus half-key j of the second.
  ///
  /// @param queries `[tokens, heads * queryDim]`
  /// @param keys `[heads, 2, keysPerSide, queryDim / 2]`
  Found productKeys(Tensor queries, Tensor keys, int k) {
    return found(queries, keys, scores -> engine(keys).productKeys(scores, k));
  }

  /// The `k` best of `slots` keys, every one of them looked at.
  ///
  /// @param queries `[tokens, heads * queryDim]`
  /// @param keys `[heads, slots, queryDim]`
  Found flatKeys(Tensor queries, Tensor keys, int k) {
    return found(queries, keys.unsqueeze(1), scores -> engine(keys).flatKeys(scores.squeeze(1), k));
  }

  private MemoryEngine engine(Tensor keys) {
    return engine.fitting(keys);
  }

  /// Chooses by scores `[heads, sides, tokens, keys]`.
  private interface Choice {
    Selection of(Tensor scores);
  }

  private Found found(Tensor queries, Tensor keys, Choice choice) {
    long parts = keys.size(0) * keys.size(1);
    Shapes.require(queries, "queries", Shapes.ANY, parts * keys.size(3));
    try (var scope = new TensorScope()) {
      Selection selection = select(queries.detach(), keys.detach(), choice);
      Tensor savedSlots = JavaOperation.saved(selection.slots());
      Tensor savedQueries = JavaOperation.saved(queries);
      Tensor savedKeys = JavaOperation.saved(keys);
      Tensor scores =
          JavaOperation.apply(
              selection.scores(),
              List.of(queries, keys),
              false,
              gradient -> {
                KeyGradients gradients =
                    engine(savedKeys).keyGradients(savedSlots, gradient, savedQueries, savedKeys);
                return List.of(
                    gradients.queries().to(savedQueries.scalar_type()),
                    gradients.keys().to(savedKeys.scalar_type()));
              });
      return new Found(scope.keep(selection.slots()), scope.keep(scores));
    }
  }

  /// Where the scores of all keys would be many, looks at a head at a time, and at a part of the
  /// tokens: scores stay in a cache between product and search, and exhaustive search needs no
  /// memory to speak of.
  private static Selection select(Tensor queries, Tensor keys, Choice choice) {
    long tokens = queries.size(0);
    long perHead = keys.size(1) * keys.size(2) * Float.BYTES; // of a token
    if (tokens * keys.size(0) * perHead <= SCORE_BYTES) {
      return choice.of(scores(queries, keys));
    }
    long together = Math.max(LEAST_TOKENS, SCORE_BYTES / perHead);
    try (var scope = new TensorScope()) {
      TensorVector slots = new TensorVector();
      TensorVector scores = new TensorVector();
      for (long from = 0; from < tokens; from += together) {
        Tensor some = queries.narrow(0, from, Math.min(together, tokens - from));
        Selection found = byHead(some, keys, choice);
        slots.push_back(found.slots());
        scores.push_back(found.scores());
      }
      return new Selection(scope.keep(torch.cat(slots)), scope.keep(torch.cat(scores)));
    }
  }

  private static Selection byHead(Tensor queries, Tensor keys, Choice choice) {
    long width = keys.size(1) * keys.size(3);
    try (var scope = new TensorScope()) {
      TensorVector slots = new TensorVector();
      TensorVector scores = new TensorVector();
      for (long head = 0; head < keys.size(0); head++) {
        try (var one = new TensorScope()) {
          Tensor own = queries.narrow(1, head * width, width);
          Selection found = choice.of(scores(own, keys.narrow(0, head, 1)));
          slots.push_back(found.slots());
          scores.push_back(found.scores());
        }
      }
      return new Selection(scope.keep(torch.cat(slots, 1)), scope.keep(torch.cat(scores, 1)));
    }
  }

  /// Scores of every key `[heads, sides, tokens, keys]`.
  private static Tensor scores(Tensor queries, Tensor keys) {
    long tokens = queries.size(0);
    long parts = keys.size(0) * keys.size(1);
    Tensor halves = queries.view(tokens, parts, keys.size(3)).transpose(0, 1);
    Tensor rows = keys.reshape(parts, keys.size(2), keys.size(3));
    return halves
        .bmm(rows.transpose(1, 2)) // [heads * sides, tokens, keys]
        .view(keys.size(0), keys.size(1), tokens, keys.size(2));
  }
}
