package org.mneme.memory;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.tensor.Workers;

/// The gradient of a value table as what it is made of: which slots were read, with which weights,
/// and the gradient of what came out. About 4 KB a token where a row for each read would be 390 KB
/// (4 heads, 32 reads, 768 columns).
///
/// Backward passes append to it until [#clear()]. Safe for the workers of a step, whose parts are
/// kept in the order of [Workers#task()], so that sums do not depend on who was faster.
public final class TableGradient {
  private final Tensor values;
  private final List<Chunk> chunks = new ArrayList<>();
  private int reads; // whose backward passes may add to it
  private @Nullable Update update;
  private boolean applied;

  /// The gradient of `values` `[slots, dim]`, none at first.
  TableGradient(Tensor values) {
    this.values = values;
  }

  /// What one backward pass added: row `slots[t, r]` gets `weights[t, r] * vectors[t]`.
  ///
  /// @param task who added it
  /// @param slots `[tokens, reads]` int32
  /// @param weights `[tokens, reads]`
  /// @param vectors `[tokens, dim]`
  record Chunk(int task, Tensor slots, Tensor weights, Tensor vectors) {
    void close() {
      slots.close();
      weights.close();
      vectors.close();
    }
  }

  /// What a backward pass may do with the gradient as soon as it is whole.
  interface Update {
    /// Applies the gradient to the rows; with products as [MemoryEngine#group] has them.
    void apply(Tensor products);
  }

  /// A read begins that will add to the gradient, unless nobody asks for its backward pass.
  synchronized void expect() {
    reads++;
  }

  /// Lets the backward pass run `next` once its read has added to the gradient, if that read is the
  /// only one since [#clear()]: nothing else is added then, and nobody needs the rows as they were.
  synchronized void updateInBackward(Update next) {
    if (!chunks.isEmpty()) {
      throw new IllegalStateException("a backward pass has already added to the gradient");
    }
    update = next;
  }

  /// What a read has to run now that it has added its part, null if nothing.
  synchronized @Nullable Update due() {
    Update now = reads == 1 && chunks.size() == 1 ? update : null;
    update = null;
    applied = now != null;
    return now;
  }

  /// Whether the backward pass has applied it to the rows already.
  public synchronized boolean isApplied() {
    return applied;
  }

  /// Adds to the gradient; keeps the tensors, not copies, until [#clear()].
  synchronized void append(Tensor slots, Tensor weights, Tensor vectors) {
    if (slots.size(0) == 0) {
      return;
    }
    if (applied) {
      throw new IllegalStateException(
          "the table was updated in a backward pass, and another one follows before the gradient"
              + " was cleared: do not ask for that where gradients accumulate");
    }
    torch.ScalarType type = type();
    try (var scope = new TensorScope()) {
      chunks.add(
          new Chunk(
              Workers.task(),
              TensorScope.own(slots),
              TensorScope.own(weights.detach().to(type).contiguous()),
              TensorScope.own(vectors.detach().to(type).contiguous())));
    }
    chunks.sort(Comparator.comparingInt(Chunk::task)); // stable
  }

  /// Whether there is none.
  public synchronized boolean isEmpty() {
    return chunks.isEmpty();
  }

  /// Of its weights, vectors and sums: float64 where the table is, else float32.
  torch.ScalarType type() {
    return values.scalar_type().intern() == torch.ScalarType.Double
        ? torch.ScalarType.Double
        : torch.ScalarType.Float;
  }

  /// Width of a row.
  int dim() {
    return Math.toIntExact(values.size(1));
  }

  /// Rows of the table.
  int slots() {
    return Math.toIntExact(values.size(0));
  }

  /// The parts, in an order that depends on nothing but the work that was given.
  synchronized List<Chunk> chunks() {
    return List.copyOf(chunks);
  }

  /// The gradient `[slots, dim]` as one dense tensor, null if there is none: for tests and looks at
  /// small tables.
  public @Nullable Tensor dense(MemoryEngine engine) {
    if (isEmpty()) {
      return null;
    }
    try (var scope = new TensorScope()) {
      Tensor dense = Tensors.zeros(type(), slots(), dim());
      engine.fitting(values).group(this).addTo(dense);
      return scope.keep(dense);
    }
  }

  /// Forgets it.
  public synchronized void clear() {
    chunks.forEach(Chunk::close);
    chunks.clear();
    reads = 0;
    update = null;
    applied = false;
  }
}
