package org.mneme.checkpoint.onnx;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.InvalidInputException;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// A weight of the imported model: where its numbers are, and its sizes as Hugging Face stores them.
sealed interface OnnxWeight {
  /// The sizes in the model folder: a dense weight is `[out, in]`.
  List<Long> shape();

  /// Numbers of the file.
  ///
  /// @param shape the sizes in the model folder; the first that many numbers of `source` are used
  /// @param transposed whether the file holds them as `[in, out]`
  record Stored(OnnxTensor source, List<Long> shape, boolean transposed) implements OnnxWeight {
    public Stored {
      shape = List.copyOf(shape);
    }

    /// The same numbers as a matrix `[out, in]` when they stand as `[in, out]`, and the other way round.
    Stored flipped() {
      return new Stored(source, shape.reversed(), !transposed);
    }

    /// The same numbers under other sizes of the same count or less.
    Stored as(long... sizes) {
      return new Stored(source, Arrays.stream(sizes).boxed().toList(), transposed);
    }
  }

  /// One number everywhere: a bias or a norm that the exporter left out because it does nothing.
  record Filled(float value, List<Long> shape) implements OnnxWeight {
    public Filled {
      shape = List.copyOf(shape);
    }
  }

  /// How many numbers it has.
  default long count() {
    return shape().stream().mapToLong(Long::longValue).reduce(1, (left, right) -> left * right);
  }

  /// The float32 tensor of [#shape], in the open scope: float16 and bfloat16 are widened, which loses nothing.
  default Tensor tensor() {
    try (var scope = new TensorScope()) {
      return scope.keep(
          switch (this) {
            case Filled filled -> fill(filled);
            case Stored stored -> load(stored);
          });
    }
  }

  private static Tensor fill(Filled filled) {
    float[] values = new float[Math.toIntExact(filled.count())];
    Arrays.fill(values, filled.value());
    return Tensors.of(values, array(filled.shape()));
  }

  private static Tensor load(Stored stored) {
    torch.ScalarType type =
        switch (stored.source().type()) {
          case FLOAT -> torch.ScalarType.Float;
          case FLOAT16 -> torch.ScalarType.Half;
          case BFLOAT16 -> torch.ScalarType.BFloat16;
          default ->
              throw new InvalidInputException(
                  InvalidInputException.Kind.WEIGHTS,
                  stored.source().name(),
                  "the weight '%s' is stored as %s; export the model with float32 weights"
                      .formatted(stored.source().name(), stored.source().type()));
        };
    List<Long> held = stored.transposed() ? stored.shape().reversed() : stored.shape();
    Tensor raw = Tensors.empty(type, array(held));
    MemorySegment memory = Tensors.memory(raw);
    memory.copyFrom(stored.source().data().asSlice(0, memory.byteSize()));
    Tensor wide = raw.to(torch.ScalarType.Float);
    return stored.transposed() ? wide.t().contiguous() : wide;
  }

  private static long[] array(List<Long> sizes) {
    return sizes.stream().mapToLong(Long::longValue).toArray();
  }
}
