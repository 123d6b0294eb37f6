package org.mneme.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Adam for a table of which each step reads few rows: only rows in the gradient change.
///
/// All other rows keep their values and moments bit for bit, however many steps pass, while the
/// bias correction counts every step (the rule of torch.optim.SparseAdam: "lazy" Adam, without
/// weight decay). The gradients of a row that was read several times add up before they are used.
/// The same gradients give the same bits.
///
/// Owns two moments of the table's shape from the first step or [#restore] on, until [#close()].
/// The table itself belongs to someone else. Not thread-safe.
public final class RowAdam implements AutoCloseable {
  private static final String FIRST = "first_moment";
  private static final String SECOND = "second_moment";

  private final Tensor values;
  private final Settings settings;
  private final int rows;
  private final int dim;
  private final Map<String, Tensor> moments = new LinkedHashMap<>();
  private long steps;

  /// What stays the same in all steps.
  ///
  /// @param beta1 how much of the mean gradient a step keeps
  /// @param beta2 how much of the mean squared gradient a step keeps
  /// @param epsilon added to the root of the second moment
  public record Settings(double beta1, double beta2, double epsilon) {
    /// 0.9, 0.999, 1e-8.
    public static final Settings USUAL = new Settings(0.9, 0.999, 1e-8);

    /// Checks the components.
    public Settings {
      if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0)) {
        throw new IllegalArgumentException(
            "beta1 %s and beta2 %s have to be in 0 to 1 (exclusive), epsilon %s above 0"
                .formatted(beta1, beta2, epsilon));
      }
    }
  }

  /// An optimiser of the table `values` `[rows, dim]` float32, whose gradient is sparse.
  public RowAdam(Tensor values, Settings settings) {
    Shapes.require(values, "values", Shapes.ANY, Shapes.ANY);
    if (values.scalar_type().intern() != torch.ScalarType.Float) {
      throw new IllegalArgumentException(
          "values are " + values.scalar_type().intern() + ", not Float");
    }
    this.values = values;
    this.settings = settings;
    rows = Math.toIntExact(values.size(0));
    dim = Math.toIntExact(values.size(1));
  }

  /// Steps taken, which the bias correction counts.
  public long steps() {
    return steps;
  }

  /// The moments `first_moment` and `second_moment` `[rows, dim]`, which stay this object's; empty
  /// before the first step.
  public Map<String, Tensor> moments() {
    return Map.copyOf(moments);
  }

  /// Goes on after that many steps from copies of the moments `[rows, dim]`, named as in
  /// [#moments()].
  public void restore(long steps, Map<String, Tensor> moments) {
    allocate();
    this.steps = steps;
    this.moments.forEach((name, own) -> {
      Tensor saved = moments.get(name);
      if (saved == null) {
        throw new IllegalArgumentException(name + " is missing in " + moments.keySet());
      }
      Shapes.require(saved, name, rows, dim);
      try (var scope = new TensorScope()) {
        Tensor floats = saved.detach().to(torch.ScalarType.Float).contiguous();
        Tensors.memory(own).copyFrom(Tensors.memory(floats));
      }
    });
  }

  /// The norm of the table's gradient, its rows summed; 0 if it has none.
  public double gradientNorm() {
    try (var scope = new TensorScope()) {
      RowGradient gradient = RowGradient.of(values);
      return gradient == null ? 0 : gradient.norm();
    }
  }

  /// Takes a step with the table's gradient as it is. Without a gradient nothing happens, and the
  /// step does not count.
  public void step(double learningRate) {
    try (var scope = new TensorScope()) {
      apply(RowGradient.of(values), learningRate, 1);
    }
  }

  /// Takes a step with the table's gradient scaled so that its norm does not exceed `maxNorm` (by
  /// `maxNorm / (norm + 1e-6)`, the rule of torch.nn.utils.clip_grad_norm_).
  ///
  /// @return the norm before scaling; if it is not finite, no step was taken
  public double step(double learningRate, double maxNorm) {
    try (var scope = new TensorScope()) {
      RowGradient gradient = RowGradient.of(values);
      double norm = gradient == null ? 0 : gradient.norm();
      if (Double.isFinite(norm)) {
        apply(gradient, learningRate, Math.min(1, maxNorm / (norm + 1e-6)));
      }
      return norm;
    }
  }

  private void apply(@Nullable RowGradient gradient, double learningRate, double factor) {
    if (gradient == null) {
      return;
    }
    allocate();
    steps++;
    double correction1 = 1 - Math.pow(settings.beta1, (double) steps);
    double correction2 = 1 - Math.pow(settings.beta2, (double) steps);
    float stepSize = (float) (learningRate * Math.sqrt(correction2) / correction1);

    MemorySegment table = Tensors.memory(values);
    MemorySegment first = Tensors.memory(moment(FIRST));
    MemorySegment second = Tensors.memory(moment(SECOND));
    gradient.forEachBlock((from, to) -> {
      float[] g = new float[dim];
      float[] v = new float[dim];
      float[] m = new float[dim];
      float[] s = new float[dim];
      for (int group = from; group < to; group++) {
        gradient.sum(group, g);
        long start = (long) gradient.rows().row(group) * dim * Float.BYTES;
        MemorySegment.copy(table, ValueLayout.JAVA_FLOAT, start, v, 0, dim);
        MemorySegment.copy(first, ValueLayout.JAVA_FLOAT, start, m, 0, dim);
        MemorySegment.copy(second, ValueLayout.JAVA_FLOAT, start, s, 0, dim);
        update(v, m, s, g, (float) factor, stepSize);
        MemorySegment.copy(v, 0, table, ValueLayout.JAVA_FLOAT, start, dim);
        MemorySegment.copy(m, 0, first, ValueLayout.JAVA_FLOAT, start, dim);
        MemorySegment.copy(s, 0, second, ValueLayout.JAVA_FLOAT, start, dim);
      }
    });
  }

  /// One row: values `v`, moments `m` and `s`, gradient `g`.
  private void update(float[] v, float[] m, float[] s, float[] g, float factor, float stepSize) {
    float new1 = (float) (1 - settings.beta1);
    float new2 = (float) (1 - settings.beta2);
    float epsilon = (float) settings.epsilon;
    for (int i = 0; i < v.length; i++) {
      float gradient = g[i] * factor;
      float mean = m[i] + (gradient - m[i]) * new1;
      float square = s[i] + (gradient * gradient - s[i]) * new2;
      m[i] = mean;
      s[i] = square;
      v[i] -= stepSize * (mean / ((float) Math.sqrt(square) + epsilon));
    }
  }

  private void allocate() {
    if (!moments.isEmpty()) {
      return;
    }
    try (var scope = new TensorScope()) {
      for (String name : new String[] {FIRST, SECOND}) {
        moments.put(name, TensorScope.own(Tensors.zeros(torch.ScalarType.Float, rows, dim)));
      }
    }
  }

  private Tensor moment(String name) {
    Tensor moment = moments.get(name);
    if (moment == null) {
      throw new IllegalStateException("no " + name + " before the first step");
    }
    return moment;
  }

  /// Frees the moments.
  @Override
  public void close() {
    moments.values().forEach(Tensor::close);
    moments.clear();
  }
}
