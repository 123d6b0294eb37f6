package org.mneme.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// A tensor to be saved: type and shape are known beforehand, the bytes come when the file is
/// written.
///
/// So a matrix that lies on disk, or is put together from parts, is saved without ever being whole
/// in memory.
///
/// @param shape the sizes; empty for a scalar
/// @param writer hands over the bytes, little-endian, row after row
public record TensorContent(Dtype dtype, List<Long> shape, Writer writer) {
  /// Hands the bytes of a tensor to a sink, in as many pieces as it likes.
  public interface Writer {
    /// Hands over all bytes.
    void writeTo(Sink sink) throws IOException;
  }

  /// Takes the bytes of a tensor.
  public interface Sink {
    /// Takes the next bytes; they are free for reuse when this returns.
    void write(MemorySegment bytes) throws IOException;
  }

  public TensorContent {
    shape = List.copyOf(shape);
    if (shape.stream().anyMatch(size -> size < 0)) {
      throw new IllegalArgumentException("shape " + shape + " has a negative size");
    }
  }

  /// What `tensor` holds at the moment of writing. A contiguous tensor on the CPU is written from
  /// where it is; any other is copied while it is its turn.
  public static TensorContent of(Tensor tensor) {
    Dtype dtype = Dtype.of(tensor.scalar_type());
    List<Long> shape = Arrays.stream(Shapes.of(tensor)).boxed().toList();
    return new TensorContent(
        dtype,
        shape,
        sink -> {
          try (var scope = new TensorScope()) {
            sink.write(Tensors.memory(tensor.detach().cpu().contiguous()));
          }
        });
  }

  /// Bytes of the whole tensor.
  public long bytes() {
    return shape.stream().mapToLong(Long::longValue).reduce(dtype.bytes(), Math::multiplyExact);
  }
}
