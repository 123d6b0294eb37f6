package org.mneme.memory;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.TableGradient.Update;
import org.mneme.tensor.JavaOperation;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// A table of rows of which each token reads a few. Several layers may share one.
///
/// The rows are a parameter like any other, but their gradient never takes the shape of the table:
/// it is kept in [#gradient()], and a [RowOptimizer] applies it to the rows that were read. Safe
/// for several reading threads.
public final class ValueTable {
  private final Tensor values;
  private final MemoryEngine engine;
  private final TableStorage storage;
  private final TableGradient gradient;

  /// A table over the parameter `values` `[slots, dim]`, which stays its owner's.
  public ValueTable(Tensor values, MemoryEngine engine) {
    this(values, engine, new TableStorage.InMemory());
  }

  /// A table whose optimiser's state is to lie in `storage`.
  ValueTable(Tensor values, MemoryEngine engine, TableStorage storage) {
    Shapes.require(values, "values", Shapes.ANY, Shapes.ANY);
    this.values = values;
    this.engine = engine;
    this.storage = storage;
    gradient = new TableGradient(values);
  }

  /// The rows `[slots, dim]`: float32, bfloat16, or float64.
  public Tensor values() {
    return values;
  }

  /// Number of rows.
  public int slots() {
    return Math.toIntExact(values.size(0));
  }

  /// Width of a row.
  public int dim() {
    return Math.toIntExact(values.size(1));
  }

  /// Where what is kept for each row lies.
  TableStorage storage() {
    return storage;
  }

  /// What it computes with, as its rows are now.
  public MemoryEngine engine() {
    return engine.fitting(values);
  }

  /// What backward passes left, until somebody clears it.
  public TableGradient gradient() {
    return gradient;
  }

  /// The gradient as one dense tensor `[slots, dim]`, null if there is none: for tests, and for
  /// looks at small tables.
  public @Nullable Tensor denseGradient() {
    return gradient.dense(engine);
  }

  /// The norm of the gradient, the shares of a row's reads added up first; 0 if there is none.
  public double gradientNorm() {
    if (gradient.isEmpty()) {
      return 0;
    }
    try (var scope = new TensorScope()) {
      return engine().group(gradient).norm();
    }
  }

  /// Weighted sums of rows `[tokens, dim]`, in the enclosing scope: float32, or float64 where the
  /// table is. Gradients flow to the weights and into [#gradient()].
  ///
  /// @param slots `[tokens, reads]` int32
  /// @param weights `[tokens, reads]`
  public Tensor read(Tensor slots, Tensor weights) {
    Shapes.require(weights, "weights", slots.size(0), slots.size(1));
    expectGradient();
    try (var scope = new TensorScope()) {
      Tensor output = engine().read(values.detach(), slots, weights.detach());
      Tensor savedSlots = JavaOperation.saved(slots);
      Tensor savedWeights = JavaOperation.saved(weights);
      boolean wanted = weights.requires_grad();
      Tensor tied =
          JavaOperation.apply(
              output,
              List.of(weights),
              values.requires_grad(),
              outputs -> {
                collect(savedSlots, savedWeights, outputs);
                return Arrays.asList(weightGradient(savedSlots, outputs, wanted));
              });
      return scope.keep(tied);
    }
  }

  /// The products of rows with the gradients of what was read, if somebody wants them; where an
  /// update is due, both in one pass over the rows.
  private @Nullable Tensor weightGradient(Tensor slots, Tensor outputs, boolean wanted) {
    Update due = gradient.due();
    if (due == null) {
      return wanted ? engine().dot(values.detach(), slots, outputs) : null;
    }
    Tensor products = Tensors.empty(gradient.type(), slots.size(0), slots.size(1));
    due.apply(products);
    return wanted ? products : null;
  }

  /// Products of rows with each token's vector, `[tokens, reads]`, in the enclosing scope: float32,
  /// or float64 where the table is. Gradients flow to the vectors and into [#gradient()].
  ///
  /// @param slots `[tokens, reads]` int32
  /// @param vectors `[tokens, dim]`
  public Tensor dot(Tensor slots, Tensor vectors) {
    Shapes.require(vectors, "vectors", slots.size(0), dim());
    expectGradient();
    try (var scope = new TensorScope()) {
      Tensor output = engine().dot(values.detach(), slots, vectors.detach());
      Tensor savedSlots = JavaOperation.saved(slots);
      Tensor savedVectors = JavaOperation.saved(vectors);
      boolean wanted = vectors.requires_grad();
      Tensor tied =
          JavaOperation.apply(
              output,
              List.of(vectors),
              values.requires_grad(),
              outputs -> {
                collect(savedSlots, outputs, savedVectors);
                return Arrays.asList(
                    wanted ? engine().read(values.detach(), savedSlots, outputs) : null);
              });
      return scope.keep(tied);
    }
  }

  private void expectGradient() {
    if (values.requires_grad() && GradMode.is_enabled()) {
      gradient.expect();
    }
  }

  private void collect(Tensor slots, Tensor weights, Tensor vectors) {
    if (values.requires_grad()) {
      gradient.append(slots, weights, vectors);
    }
  }
}
