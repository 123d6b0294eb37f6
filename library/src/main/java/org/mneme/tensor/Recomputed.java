package org.mneme.tensor;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// Parts of a model that keep nothing for the backward pass but their input: it runs them again
/// (gradient checkpointing, Chen et al. 2016). The gradients are the same bit for bit.
public final class Recomputed {
  private Recomputed() {}

  /// A part of a model that gives the same for the same input and random numbers. It must not
  /// change anything, as it runs twice: no running statistics, no reads of a value table.
  public interface Block {
    /// Its output; what else it allocates is freed with the scope around it.
    Tensor apply(List<Tensor> inputs);
  }

  /// The block's output, in the enclosing scope. Runs the block as ever where no gradient is
  /// recorded.
  ///
  /// @param inputs what it reads of other blocks or shares with them: parameters of several blocks
  ///   are among them, so that their gradients add up in one order
  /// @param always whether the block has parameters that are trained: if it has none, it is only
  ///   run again when an input asks for a gradient
  /// @param random whether the block draws from libtorch's generator: it draws the same numbers
  ///   when it runs again. One thread at a time then.
  public static Tensor apply(List<Tensor> inputs, boolean always, boolean random, Block block) {
    try (var scope = new TensorScope()) {
      if (!GradMode.is_enabled() || !(always || inputs.stream().anyMatch(Tensor::requires_grad))) {
        return scope.keep(block.apply(inputs));
      }
      Tensor drawn = random ? JavaOperation.saved(generator().get_state()) : null;
      List<Tensor> saved = inputs.stream().map(JavaOperation::saved).toList();
      List<Boolean> wanted = inputs.stream().map(Tensor::requires_grad).toList();
      Block same = inSamePrecision(block);
      Tensor output;
      try (var guard = new NoGradGuard()) {
        output = block.apply(saved);
      }
      return scope.keep(
          JavaOperation.apply(
              output, inputs, always, gradient -> backward(saved, wanted, drawn, same, gradient)));
    }
  }

  /// Backward passes run outside of the forward pass's autocast.
  private static Block inSamePrecision(Block block) {
    Precision precision = Autocast.isOpen() ? Precision.BFLOAT16 : Precision.FLOAT32;
    return inputs -> {
      try (var products = precision.openForThread()) {
        return block.apply(inputs);
      }
    };
  }

  private static List<@Nullable Tensor> backward(
      List<Tensor> saved,
      List<Boolean> wanted,
      @Nullable Tensor drawn,
      Block block,
      Tensor gradient) {
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < saved.size(); i++) {
      inputs.add(saved.get(i).detach().set_requires_grad(wanted.get(i)));
    }
    Tensor output = drawn == null ? run(block, inputs) : runDrawing(block, inputs, drawn);
    output.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
    List<@Nullable Tensor> gradients = new ArrayList<>();
    for (int i = 0; i < saved.size(); i++) {
      gradients.add(wanted.get(i) ? inputs.get(i).grad() : null);
    }
    return gradients;
  }

  private static Tensor run(Block block, List<Tensor> inputs) {
    try (var recording = new AutoGradMode(true)) {
      return block.apply(inputs);
    }
  }

  /// With the random numbers of the first time; whoever draws afterwards notices nothing.
  private static Tensor runDrawing(Block block, List<Tensor> inputs, Tensor drawn) {
    Tensor now = generator().get_state();
    generator().set_state(drawn);
    try {
      return run(block, inputs);
    } finally {
      generator().set_state(now);
    }
  }

  private static Generator generator() {
    return torch.getDefaultCPUGenerator();
  }
}
