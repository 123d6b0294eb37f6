package org.mneme.tensor;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.TensorTensorHook;
import org.bytedeco.pytorch.VoidTensorHook;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// An operation computed in Java that takes part in libtorch's backward pass.
///
/// libtorch's Function cannot be subclassed from Java, but hooks can: the output is tied into the
/// graph by adding nothing times the sum of each input, whose gradient is a single zero spread out
/// without memory of its own. When the output's gradient arrives, [Backward] runs; the inputs'
/// nodes, which come later, hand on what it returned in place of that. What backward needs is kept
/// by [#saved] until the outermost scope of the thread closes: a training step runs forward and
/// backward in one scope.
public final class JavaOperation {
  private JavaOperation() {}

  /// The backward half of an operation.
  public interface Backward {
    /// Gradients of the inputs in their order; null for an input without one. Runs in a scope of
    /// its own.
    ///
    /// @param outputGradient of the output's shape, contiguous
    List<@Nullable Tensor> gradients(Tensor outputGradient);
  }

  /// A handle on `tensor`, without its history, for use in a [Backward].
  public static Tensor saved(Tensor tensor) {
    return keepForBackward(tensor.detach());
  }

  /// Ties `output`, which has no history and is changed by nothing else, to the inputs that require
  /// a gradient. Returns it in the enclosing scope.
  ///
  /// @param always whether `backward` has to run even if no input requires a gradient
  public static Tensor apply(
      Tensor output, List<Tensor> inputs, boolean always, Backward backward) {
    boolean tied = always || inputs.stream().anyMatch(Tensor::requires_grad);
    if (!tied || !GradMode.is_enabled()) {
      return output;
    }
    List<@Nullable Tensor> gradients = new ArrayList<>();
    try (var scope = new TensorScope()) {
      Tensor result = scope.keep(output);
      for (int i = 0; i < inputs.size(); i++) {
        gradients.add(null);
        if (inputs.get(i).requires_grad()) {
          Tensor own = inputs.get(i).view_as(inputs.get(i)); // a node of its own
          anchor(result, own);
          var unused = own.register_hook(keepForBackward(new Handing(gradients, i)));
        }
      }
      if (!result.requires_grad()) {
        Tensor leaf = Tensors.zeros(torch.ScalarType.Float, 0);
        anchor(result, leaf.set_requires_grad(true));
      }
      var unused = result.register_hook(keepForBackward(new Computing(gradients, backward)));
      return result;
    }
  }

  private static void anchor(Tensor output, Tensor input) {
    var unused = output.add_(input.sum().nan_to_num().mul(new Scalar(0.0)));
  }

  /// Lets the outermost scope of this thread, rather than the innermost, free `pointer`.
  private static <P extends Pointer> P keepForBackward(P pointer) {
    PointerScope outermost = null;
    for (Iterator<PointerScope> i = PointerScope.getScopeIterator(); i.hasNext(); ) {
      outermost = i.next();
    }
    if (outermost == null) {
      pointer.retainReference();
    } else {
      outermost.attach(pointer);
    }
    return pointer;
  }

  /// Runs the backward half.
  private static final class Computing extends VoidTensorHook {
    private final transient List<@Nullable Tensor> gradients;
    private final transient Backward backward;

    Computing(List<@Nullable Tensor> gradients, Backward backward) {
      this.gradients = gradients;
      this.backward = backward;
    }

    @Override
    public void call(TensorBase gradient) {
      try (var scope = new TensorScope()) {
        List<@Nullable Tensor> computed = backward.gradients(new Tensor(gradient).contiguous());
        for (int i = 0; i < gradients.size(); i++) {
          Tensor result = computed.get(i);
          gradients.set(i, result == null ? null : scope.keep(result));
        }
      }
    }
  }

  /// Hands on the gradient of one input.
  private static final class Handing extends TensorTensorHook {
    private final transient List<@Nullable Tensor> gradients;
    private final int index;

    Handing(List<@Nullable Tensor> gradients, int index) {
      this.gradients = gradients;
      this.index = index;
    }

    @Override
    public TensorBase call(TensorBase zeros) {
      Tensor gradient = gradients.get(index);
      return gradient == null ? zeros : gradient;
    }
  }
}
