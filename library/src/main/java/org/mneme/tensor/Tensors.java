package org.mneme.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.mneme.InvalidInputException;

/// Numbers from Java arrays into tensors and back. Every tensor made here belongs to the open
/// scope.
public final class Tensors {
  private Tensors() {}

  /// A float32 tensor of `shape` holding a copy of `values`.
  public static Tensor of(float[] values, long... shape) {
    Tensor tensor = empty(torch.ScalarType.Float, shape);
    memory(tensor).copyFrom(MemorySegment.ofArray(values));
    return tensor;
  }

  /// A float64 tensor of `shape` holding a copy of `values`.
  public static Tensor of(double[] values, long... shape) {
    Tensor tensor = empty(torch.ScalarType.Double, shape);
    memory(tensor).copyFrom(MemorySegment.ofArray(values));
    return tensor;
  }

  /// An int64 tensor of `shape` holding a copy of `values`.
  public static Tensor of(long[] values, long... shape) {
    Tensor tensor = empty(torch.ScalarType.Long, shape);
    memory(tensor).copyFrom(MemorySegment.ofArray(values));
    return tensor;
  }

  /// An uninitialised tensor on the CPU.
  public static Tensor empty(torch.ScalarType type, long... shape) {
    NativeRuntime.start();
    return torch.empty(shape, new TensorOptions(type), new MemoryFormatOptional());
  }

  /// A tensor of zeros on the CPU.
  public static Tensor zeros(torch.ScalarType type, long... shape) {
    NativeRuntime.start();
    return torch.zeros(shape, new TensorOptions(type));
  }

  /// The elements of a tensor of any floating type as float32, row after row.
  public static float[] floats(Tensor tensor) {
    try (var scope = new TensorScope()) {
      Tensor flat = tensor.detach().to(torch.ScalarType.Float).contiguous();
      return memory(flat).toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  /// The elements of a tensor of any floating type as float64, row after row.
  public static double[] doubles(Tensor tensor) {
    try (var scope = new TensorScope()) {
      Tensor flat = tensor.detach().to(torch.ScalarType.Double).contiguous();
      return memory(flat).toArray(ValueLayout.JAVA_DOUBLE);
    }
  }

  /// The elements of an integer tensor as int64, row after row.
  public static long[] longs(Tensor tensor) {
    try (var scope = new TensorScope()) {
      Tensor flat = tensor.detach().to(torch.ScalarType.Long).contiguous();
      return memory(flat).toArray(ValueLayout.JAVA_LONG);
    }
  }

  /// The memory of a contiguous CPU tensor, without a copy: valid for as long as the tensor is.
  public static MemorySegment memory(Tensor tensor) {
    if (!tensor.is_contiguous()) {
      throw new IllegalArgumentException(
          "the memory of a tensor that is not contiguous was asked for");
    }
    long bytes = tensor.numel() * tensor.element_size();
    return bytes == 0
        ? MemorySegment.NULL
        : MemorySegment.ofAddress(tensor.data_ptr().address()).reinterpret(bytes);
  }

  /// A tensor of a saved state.
  ///
  /// @throws InvalidInputException of kind WEIGHTS where it is missing
  public static Tensor required(Map<String, Tensor> state, String name) {
    Tensor tensor = state.get(name);
    if (tensor == null) {
      throw new InvalidInputException(
          InvalidInputException.Kind.WEIGHTS,
          name,
          "the training state lacks " + name + "; the checkpoint is incomplete, take another");
    }
    return tensor;
  }
}
