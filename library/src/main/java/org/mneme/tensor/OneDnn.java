package org.mneme.tensor;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.OperatorName;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/// Products with weights that were brought into oneDNN's own layout once, and with what follows
/// them (an activation, an addition) computed in the same pass.
///
/// libtorch registers these operators without functions in its interface: they are called by name.
/// For inference alone: they have no gradient.
public final class OneDnn {
  private OneDnn() {}

  /// What is computed on each element of a product.
  public enum After {
    /// Nothing.
    NOTHING("none", null),
    /// x * Phi(x), exactly.
    GELU("gelu", "none"),
    /// The tanh approximation of GELU.
    GELU_TANH("gelu", "tanh"),
    /// max(x, 0).
    RELU("relu", null),
    /// x * sigmoid(x).
    SILU("swish", null);

    private final String attribute;
    private final @Nullable String algorithm;

    After(String attribute, @Nullable String algorithm) {
      this.attribute = attribute;
      this.algorithm = algorithm;
    }
  }

  /// Whether this libtorch has oneDNN's products.
  public static boolean isAvailable() {
    NativeRuntime.start();
    return Operators.AVAILABLE;
  }

  /// Whether this processor multiplies bfloat16 matrices through oneDNN.
  public static boolean multipliesBfloat16() {
    return isAvailable() && Operators.BFLOAT16;
  }

  /// A copy of `weight` `[out, in]`, float32 or bfloat16, in oneDNN's layout, in the open scope.
  public static Tensor pack(Tensor weight) {
    try (var scope = new TensorScope()) {
      IValueVector stack = new IValueVector();
      stack.push_back(new IValue(weight.detach().contiguous()));
      stack.push_back(new IValue()); // for any number of rows
      return call(scope, Operators.PACK, stack);
    }
  }

  /// after(x W^T + b): x `[rows, in]` -> `[rows, out]`, all of one type.
  ///
  /// @param packed what [#pack] made of W
  /// @param bias `[out]`
  public static Tensor linear(Tensor x, Tensor packed, Tensor bias, After after) {
    try (var scope = new TensorScope()) {
      IValueVector stack = new IValueVector();
      stack.push_back(new IValue(x));
      stack.push_back(new IValue(packed));
      stack.push_back(new IValue(bias));
      stack.push_back(Operators.ATTRIBUTES.get(after));
      stack.push_back(Operators.NO_SCALARS);
      stack.push_back(Operators.ALGORITHMS.get(after));
      return call(scope, Operators.LINEAR, stack);
    }
  }

  /// x W^T + b + other: x `[rows, in]`, other `[rows, out]` -> `[rows, out]`, all of one type.
  public static Tensor linearAdd(Tensor x, Tensor other, Tensor packed, Tensor bias) {
    try (var scope = new TensorScope()) {
      IValueVector stack = new IValueVector();
      stack.push_back(new IValue(x));
      stack.push_back(new IValue(other));
      stack.push_back(new IValue(packed));
      stack.push_back(new IValue(bias));
      stack.push_back(Operators.ADD);
      return call(scope, Operators.LINEAR_BINARY, stack);
    }
  }

  /// Keeps a value beyond the open scope, for good.
  private static IValue own(IValue value) {
    return value.retainReference();
  }

  private static Tensor call(TensorScope scope, OperatorHandle operator, IValueVector stack) {
    Dispatcher.singleton().callBoxed(operator, stack);
    return scope.keep(stack.get(0).toTensor());
  }

  private static final class Operators {
    static final boolean AVAILABLE =
        Dispatcher.singleton()
            .findSchema(new OperatorName("mkldnn::_linear_pointwise", "binary"))
            .has_value();
    static final OperatorHandle PACK = named("mkldnn::_reorder_linear_weight", "");
    static final OperatorHandle LINEAR = named("mkldnn::_linear_pointwise", "");
    static final OperatorHandle LINEAR_BINARY = named("mkldnn::_linear_pointwise", "binary");
    static final boolean BFLOAT16 = AVAILABLE && multipliesBfloat16();
    static final IValue NO_SCALARS = noScalars();
    static final IValue ADD = own(new IValue("add"));
    // made once: to make a string takes microseconds
    static final Map<After, IValue> ATTRIBUTES = values(after -> new IValue(after.attribute));
    static final Map<After, IValue> ALGORITHMS =
        values(after -> after.algorithm == null ? new IValue() : new IValue(after.algorithm));

    private static Map<After, IValue> values(Function<After, IValue> value) {
      Map<After, IValue> values = new EnumMap<>(After.class);
      for (After after : After.values()) {
        values.put(after, own(value.apply(after)));
      }
      return values;
    }

    /// Kept for good, whatever scope is open when it is first asked for.
    private static OperatorHandle named(String name, String overload) {
      OperatorHandle operator =
          AVAILABLE
              ? Dispatcher.singleton().findSchemaOrThrow(name, overload)
              : new OperatorHandle((org.bytedeco.javacpp.Pointer) null);
      return operator.retainReference();
    }

    private static boolean multipliesBfloat16() {
      try (var scope = new TensorScope()) {
        IValueVector stack = new IValueVector();
        Dispatcher.singleton().callBoxed(named("mkldnn::_is_mkldnn_bf16_supported", ""), stack);
        return stack.get(0).toBool();
      }
    }

    /// An empty list of optional scalars: the binding cannot make one, a script can.
    private static IValue noScalars() {
      try (var scope = new TensorScope()) {
        CompilationUnit unit =
            torch.compile("def none():\n    x: List[Optional[number]] = []\n    return x\n");
        IValue list = unit.find_function(new QualifiedName("none")).apply(new IValueVector());
        return own(new IValue(list));
      }
    }
  }
}
