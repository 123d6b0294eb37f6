package org.mneme.memory;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.kernel.AdamStep;
import org.mneme.tensor.LargeMemory;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Adam for a table of which each step reads few rows: only rows in the gradient change.
///
/// All other rows keep their values and moments bit for bit, however many steps pass, while the
/// bias correction counts every step (the rule of torch.optim.SparseAdam: "lazy" Adam, without
/// weight decay).
///
/// Owns two moments of the table's shape from the first step or [#restore] on. Where the system
/// gives memory lazily, moments of rows that were never read take none.
public final class RowAdam implements RowOptimizer {
  private static final String FIRST = "first_moment";
  private static final String SECOND = "second_moment";

  private final ValueTable table;
  private final Settings settings;
  private final Map<String, Tensor> moments = new LinkedHashMap<>();
  private final Map<String, LargeMemory> memory = new LinkedHashMap<>();
  private long steps;

  /// How moments are stored.
  public enum MomentType {
    /// 4 bytes a number.
    FLOAT32(torch.ScalarType.Float, Float.BYTES),
    /// 2 bytes a number, rounded at random.
    BFLOAT16(torch.ScalarType.BFloat16, Short.BYTES);

    private final torch.ScalarType type;
    private final int bytes;

    MomentType(torch.ScalarType type, int bytes) {
      this.type = type;
      this.bytes = bytes;
    }
  }

  /// What stays the same in all steps.
  ///
  /// @param beta1 how much of the mean gradient a step keeps
  /// @param beta2 how much of the mean squared gradient a step keeps
  /// @param epsilon added to the root of the second moment
  /// @param moments how moments are stored
  public record Settings(double beta1, double beta2, double epsilon, MomentType moments) {
    /// 0.9, 0.999, 1e-8, float32.
    public static final Settings USUAL = new Settings(0.9, 0.999, 1e-8, MomentType.FLOAT32);

    /// Checks the components.
    public Settings {
      if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0)) {
        throw new IllegalArgumentException(
            "beta1 %s and beta2 %s have to be in 0 to 1 (exclusive), epsilon %s above 0"
                .formatted(beta1, beta2, epsilon));
      }
    }
  }

  /// An optimiser of `table`, which stays its owner's.
  public RowAdam(ValueTable table, Settings settings) {
    this.table = table;
    this.settings = settings;
  }

  @Override
  public ValueTable table() {
    return table;
  }

  @Override
  public long steps() {
    return steps;
  }

  @Override
  public Map<String, Tensor> state() {
    return Map.copyOf(moments);
  }

  @Override
  public void step(MemoryEngine.Grouped gradient, double learningRate, double factor) {
    allocate();
    steps++;
    double correction1 = 1 - Math.pow(settings.beta1, (double) steps);
    double correction2 = 1 - Math.pow(settings.beta2, (double) steps);
    try (var scope = new TensorScope()) {
      table
          .engine()
          .adam(
              table.values().detach(),
              moment(FIRST),
              moment(SECOND),
              gradient,
              new AdamStep(
                  (float) factor,
                  (float) (1 - settings.beta1),
                  (float) (1 - settings.beta2),
                  (float) settings.epsilon,
                  (float) (learningRate * Math.sqrt(correction2) / correction1),
                  steps));
    }
  }

  @Override
  public void forget(int[] rows) {
    long bytes = (long) table.dim() * settings.moments.bytes;
    for (Tensor moment : moments.values()) {
      MemorySegment all = Tensors.memory(moment);
      for (int row : rows) {
        all.asSlice(row * bytes, bytes).fill((byte) 0);
      }
    }
  }

  @Override
  public void restore(long steps, Map<String, Tensor> state) {
    allocate();
    this.steps = steps;
    moments.forEach((name, own) -> {
      Tensor saved = state.get(name);
      if (saved == null) {
        throw new IllegalArgumentException(name + " is missing in " + state.keySet());
      }
      Shapes.require(saved, name, table.slots(), table.dim());
      try (var scope = new TensorScope()) {
        var unused = own.copy_(saved.detach());
      }
    });
  }

  private void allocate() {
    if (!moments.isEmpty()) {
      return;
    }
    long numbers = (long) table.slots() * table.dim();
    try (var scope = new TensorScope()) {
      for (String name : new String[] {FIRST, SECOND}) {
        LargeMemory zeros = table.storage().allocate(numbers * settings.moments.bytes);
        memory.put(name, zeros);
        moments.put(
            name, TensorScope.own(zeros.tensor(settings.moments.type, table.slots(), table.dim())));
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

  @Override
  public void close() {
    moments.values().forEach(Tensor::close);
    moments.clear();
    memory.values().forEach(LargeMemory::close);
    memory.clear();
  }
}
