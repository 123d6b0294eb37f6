package org.mneme.train;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.InvalidInputException;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Adam with decoupled weight decay (Loshchilov & Hutter 2019) for dense float32 parameters, the
/// rule of `torch.optim.AdamW`.
///
/// A parameter without gradient in a step stays as it is and its step count does not advance. The
/// moments are allocated when a parameter is first updated; [#state()] has them by name for
/// checkpoints. Updates are split over threads by fixed blocks: the same bits for any number of
/// them.
public final class AdamW implements AutoCloseable {
  private static final int BLOCK = 1 << 16;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  /// The decay rates of the moments and what is added to the root of the second.
  public record Settings(double beta1, double beta2, double eps) {
    /// 0.9, 0.999, 1e-8.
    public static final Settings DEFAULT = new Settings(0.9, 0.999, 1e-8);

    /// Checks ranges: betas in [0, 1), eps positive.
    public Settings {
      if (!(beta1 >= 0 && beta1 < 1) || !(beta2 >= 0 && beta2 < 1) || !(eps > 0)) {
        throw InvalidInputException.config(
            "optimizer",
            "beta1 %s, beta2 %s must be in [0, 1) and eps %s positive"
                .formatted(beta1, beta2, eps));
      }
    }
  }

  /// Parameters that share a rate and a decay.
  ///
  /// @param parameters by name, float32
  public record Group(
      String name, Map<String, Tensor> parameters, double learningRate, double weightDecay) {}

  private static final class Slot {
    final String name;
    final Tensor parameter;
    final Group group;
    @org.jspecify.annotations.Nullable Tensor first;
    @org.jspecify.annotations.Nullable Tensor second;
    long steps;

    Slot(String name, Tensor parameter, Group group) {
      this.name = name;
      this.parameter = parameter;
      this.group = group;
    }
  }

  private final List<Slot> slots = new ArrayList<>();
  private final Settings settings;

  /// An optimiser of these groups.
  public AdamW(List<Group> groups, Settings settings) {
    this.settings = settings;
    for (Group group : groups) {
      group.parameters().forEach((name, tensor) -> slots.add(new Slot(name, tensor, group)));
    }
  }

  /// The global L2 norm of all gradients; parameters without gradient count as zero.
  public double gradientNorm() {
    double sum = 0;
    try (var scope = new TensorScope()) {
      for (Slot slot : slots) {
        Tensor gradient = slot.parameter.grad();
        if (gradient.defined()) {
          sum += sumOfSquares(Tensors.memory(gradient.contiguous()));
        }
      }
    }
    return Math.sqrt(sum);
  }

  /// The factor that scales a gradient of norm `norm` down to `maxNorm`, as
  /// `torch.nn.utils.clip_grad_norm_` has it; a `maxNorm` of 0 or less never clips.
  public static double clipFactor(double norm, double maxNorm) {
    return maxNorm <= 0 ? 1 : Math.min(1, maxNorm / (norm + 1e-6));
  }

  /// Updates every parameter that has a gradient.
  ///
  /// @param rateFactor what the schedule multiplies every group's rate with
  /// @param gradientFactor what every gradient is multiplied with first, for clipping
  public void step(double rateFactor, double gradientFactor) {
    try (var scope = new TensorScope()) {
      for (Slot slot : slots) {
        Tensor gradient = slot.parameter.grad();
        if (gradient.defined()) {
          update(slot, Tensors.memory(gradient.contiguous()), rateFactor, (float) gradientFactor);
        }
      }
    }
  }

  private void update(Slot slot, MemorySegment gradient, double rateFactor, float scale) {
    if (slot.first == null || slot.second == null) {
      slot.first = TensorScope.own(zerosLike(slot.parameter));
      slot.second = TensorScope.own(zerosLike(slot.parameter));
    }
    slot.steps++;
    double rate = slot.group.learningRate() * rateFactor;
    double correction1 = 1 - Math.pow(settings.beta1(), slot.steps);
    double correction2 = 1 - Math.pow(settings.beta2(), slot.steps);
    float keep = (float) (1 - rate * slot.group.weightDecay());
    float stepSize = (float) (rate / correction1);
    float rootCorrection = (float) Math.sqrt(correction2);
    MemorySegment values = Tensors.memory(slot.parameter);
    MemorySegment first = Tensors.memory(slot.first);
    MemorySegment second = Tensors.memory(slot.second);
    int length = Math.toIntExact(slot.parameter.numel());
    int blocks = (length + BLOCK - 1) / BLOCK;
    IntStream range = IntStream.range(0, blocks);
    (blocks > 1 ? range.parallel() : range)
        .forEach(block -> {
          long from = (long) block * BLOCK * 4;
          int count = Math.min(BLOCK, length - block * BLOCK);
          updateBlock(
              values.asSlice(from, count * 4L),
              gradient.asSlice(from, count * 4L),
              first.asSlice(from, count * 4L),
              second.asSlice(from, count * 4L),
              count,
              new Factors(scale, keep, stepSize, rootCorrection));
        });
  }

  private record Factors(float scale, float keep, float stepSize, float rootCorrection) {}

  private void updateBlock(
      MemorySegment values,
      MemorySegment gradient,
      MemorySegment first,
      MemorySegment second,
      int count,
      Factors factors) {
    float towards1 = (float) (1 - settings.beta1());
    float beta2 = (float) settings.beta2();
    float towards2 = (float) (1 - settings.beta2());
    float eps = (float) settings.eps();
    for (int i = 0; i < count; i++) {
      float g = gradient.getAtIndex(FLOAT, i) * factors.scale;
      float m = first.getAtIndex(FLOAT, i);
      m += (g - m) * towards1;
      float v = second.getAtIndex(FLOAT, i) * beta2 + g * g * towards2;
      float denominator = (float) Math.sqrt(v) / factors.rootCorrection + eps;
      float value = values.getAtIndex(FLOAT, i) * factors.keep;
      first.setAtIndex(FLOAT, i, m);
      second.setAtIndex(FLOAT, i, v);
      values.setAtIndex(FLOAT, i, value - factors.stepSize * (m / denominator));
    }
  }

  private static double sumOfSquares(MemorySegment values) {
    int length = Math.toIntExact(values.byteSize() / 4);
    int blocks = (length + BLOCK - 1) / BLOCK;
    double[] sums = new double[blocks];
    IntStream range = IntStream.range(0, blocks);
    (blocks > 1 ? range.parallel() : range)
        .forEach(block -> {
          int to = Math.min(length, (block + 1) * BLOCK);
          double sum = 0;
          for (int i = block * BLOCK; i < to; i++) {
            double x = values.getAtIndex(FLOAT, i);
            sum += x * x;
          }
          sums[block] = sum;
        });
    double total = 0;
    for (double sum : sums) {
      total += sum;
    }
    return total;
  }

  private static Tensor zerosLike(Tensor parameter) {
    if (parameter.scalar_type().intern() != torch.ScalarType.Float || !parameter.is_contiguous()) {
      throw new IllegalArgumentException("AdamW updates contiguous float32 parameters only");
    }
    return torch.zeros_like(parameter.detach());
  }

  /// Forgets the moments of some rows of a parameter, which counts as a matrix whose rows are as
  /// long as its last dimension.
  void forget(String name, int[] rows) {
    for (Slot slot : slots) {
      if (slot.name.equals(name) && slot.first != null && slot.second != null) {
        long bytes = slot.parameter.size(-1) * Float.BYTES;
        for (int row : rows) {
          Tensors.memory(slot.first).asSlice(row * bytes, bytes).fill((byte) 0);
          Tensors.memory(slot.second).asSlice(row * bytes, bytes).fill((byte) 0);
        }
      }
    }
  }

  /// Moments by name: `NAME.first`, `NAME.second`, and an int64 `NAME.steps`, in the open scope.
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (Slot slot : slots) {
      if (slot.first != null && slot.second != null) {
        state.put(slot.name + ".first", slot.first);
        state.put(slot.name + ".second", slot.second);
        state.put(slot.name + ".steps", Tensors.of(new long[] {slot.steps}, 1));
      }
    }
    return state;
  }

  /// Takes up the state that [#state()] gave, in place of its own.
  public void restore(Map<String, Tensor> state) {
    close();
    try (var scope = new TensorScope()) {
      for (Slot slot : slots) {
        Tensor first = state.get(slot.name + ".first");
        Tensor second = state.get(slot.name + ".second");
        Tensor steps = state.get(slot.name + ".steps");
        if (first != null && second != null && steps != null) {
          slot.first = TensorScope.own(first.clone());
          slot.second = TensorScope.own(second.clone());
          slot.steps = Tensors.longs(steps)[0];
        }
      }
    }
  }

  /// Frees the moments: every parameter is as if it had never been updated.
  @Override
  public void close() {
    for (Slot slot : slots) {
      if (slot.first != null && slot.second != null) {
        slot.first.close();
        slot.second.close();
      }
      slot.first = null;
      slot.second = null;
      slot.steps = 0;
    }
  }
}
