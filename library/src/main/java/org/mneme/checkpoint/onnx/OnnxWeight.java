package org.mneme.checkpoint.onnx;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.Dtype;
import org.mneme.checkpoint.TensorContent;

/// A weight of the imported model: where its numbers are, and its sizes as Hugging Face stores
/// them.
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

    private void copyTo(float[] values) {
      OnnxType type = source.type();
      if (type != OnnxType.FLOAT && type != OnnxType.FLOAT16 && type != OnnxType.BFLOAT16) {
        throw new InvalidInputException(
            InvalidInputException.Kind.WEIGHTS,
            source.name(),
            "the weight '%s' is stored as %s; export the model with float32 weights"
                .formatted(source.name(), type));
      }
      if (!transposed) {
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) source.element(i);
        }
        return;
      }
      int out = Math.toIntExact(shape.get(0));
      int in = Math.toIntExact(shape.get(1));
      for (int row = 0; row < out; row++) {
        for (int column = 0; column < in; column++) {
          values[row * in + column] = (float) source.element((long) column * out + row);
        }
      }
    }

    /// The same numbers as a matrix `[out, in]` when they stand as `[in, out]`, and the other way
    /// round.
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

  /// Its numbers as float32, to be saved: float16 and bfloat16 are widened, which loses nothing.
  default TensorContent content() {
    return new TensorContent(
        Dtype.F32, shape(), sink -> sink.write(MemorySegment.ofArray(values())));
  }

  /// Its numbers, row after row of [#shape].
  default float[] values() {
    float[] values = new float[Math.toIntExact(count())];
    switch (this) {
      case Filled filled -> Arrays.fill(values, filled.value());
      case Stored stored -> stored.copyTo(values);
    }
    return values;
  }
}
