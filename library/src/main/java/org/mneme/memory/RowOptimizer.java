package org.mneme.memory;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.TensorScope;

/// Applies a table's gradient to the rows that have one; all other rows, and what the optimiser
/// keeps for them, stay bit for bit as they are.
///
/// State is allocated by the first step, not before: a model that is only read carries none. The
/// gradient is left as it is; who drives the training clears it. The same gradients give the same
/// bits. Not thread-safe.
public sealed interface RowOptimizer extends AutoCloseable permits RowAdam, RowDescent {
  /// The table whose rows it changes.
  ValueTable table();

  /// Steps taken.
  long steps();

  /// Takes a step with the gradient times `factor`.
  void step(MemoryEngine.Grouped gradient, double learningRate, double factor);

  /// Lets the next backward pass take the step, where it can: where a single read of the table adds
  /// to the gradient. Then one pass over the rows gives the gradient of the reads' weights and the
  /// new rows, and [#step(double)], which has to follow as ever, finds its work done. Only where
  /// the gradient is taken as it is, after one backward pass.
  ///
  /// @throws IllegalStateException if there is a gradient already
  default void stepInBackward(double learningRate) {
    TableGradient gradient = table().gradient();
    gradient.updateInBackward(
        products -> step(table().engine().group(gradient, products), learningRate, 1));
  }

  /// Takes a step with the table's gradient as it is, unless the backward pass has done so. Without
  /// a gradient nothing happens, and the step does not count.
  default void step(double learningRate) {
    if (!table().gradient().isEmpty() && !table().gradient().isApplied()) {
      try (var scope = new TensorScope()) {
        step(table().engine().group(table().gradient()), learningRate, 1);
      }
    }
  }

  /// Takes a step with the table's gradient scaled so that its norm does not exceed `maxNorm` (by
  /// `maxNorm / (norm + 1e-6)`, the rule of torch.nn.utils.clip_grad_norm_).
  ///
  /// @return the norm before scaling, 0 without a gradient; if it is not finite, no step was taken
  /// @throws IllegalStateException if the backward pass has taken the step
  default double step(double learningRate, double maxNorm) {
    if (table().gradient().isEmpty()) {
      return 0;
    }
    if (table().gradient().isApplied()) {
      throw new IllegalStateException("the step was taken in the backward pass, without clipping");
    }
    try (var scope = new TensorScope()) {
      MemoryEngine.Grouped gradient = table().engine().group(table().gradient());
      double norm = gradient.norm();
      if (Double.isFinite(norm)) {
        step(gradient, learningRate, Math.min(1, maxNorm / (norm + 1e-6)));
      }
      return norm;
    }
  }

  /// Forgets what was kept for these rows, as if they had never been read.
  void forget(int[] rows);

  /// What is kept for each row, `[slots, dim]` by name, which stays this object's; empty before the
  /// first step.
  Map<String, Tensor> state();

  /// Goes on after that many steps from a copy of the state `[slots, dim]`, named as in [#state()].
  void restore(long steps, Map<String, Tensor> state);

  /// Frees the state.
  @Override
  void close();
}
