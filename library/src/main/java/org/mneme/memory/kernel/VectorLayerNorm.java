package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Layer normalisation of rows (Ba et al. 2016) for inference with the Vector API. A row is widened
/// into the cache once; its mean and variance are float32, in an order that depends on nothing but
/// its length.
public final class VectorLayerNorm {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;

  private VectorLayerNorm() {}

  /// out = (x - mean) / sqrt(variance + eps) * weight + bias, row by row.
  ///
  /// @param x the rows; `out` is as large and of the same type, and may be the same memory
  /// @param weight address of `[dim]` float32
  /// @param bias address of `[dim]` float32
  public static void run(Rows x, int count, long weight, long bias, float eps, long out) {
    int dim = x.dim();
    try (Scratch memory = new Scratch(dim)) {
      long row = memory.address();
      for (int i = 0; i < count; i++) {
        VectorNumbers.widen(x.row(i), x.type(), row, dim, 1);
        normalize(row, dim, weight, bias, eps);
        VectorNumbers.narrow(row, out + (x.row(i) - x.address()), x.type(), dim);
      }
    }
  }

  private static void normalize(long row, int dim, long weight, long bias, float eps) {
    FloatVector sums = FloatVector.zero(FLOATS);
    float sum = 0;
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      sums = sums.add(FloatVector.fromMemorySegment(FLOATS, ALL, at(row, j), ORDER));
    }
    for (; j < dim; j++) {
      sum += ALL.get(JAVA_FLOAT, at(row, j));
    }
    float mean = (LaneSum.of(sums) + sum) / dim;
    FloatVector squares = FloatVector.zero(FLOATS);
    float square = 0;
    for (j = 0; j + LANES <= dim; j += LANES) {
      FloatVector away = FloatVector.fromMemorySegment(FLOATS, ALL, at(row, j), ORDER).sub(mean);
      squares = away.fma(away, squares);
    }
    for (; j < dim; j++) {
      float away = ALL.get(JAVA_FLOAT, at(row, j)) - mean;
      square = Math.fma(away, away, square);
    }
    float variance = (LaneSum.of(squares) + square) / dim;
    float factor = (float) (1 / Math.sqrt(variance + eps));
    for (j = 0; j + LANES <= dim; j += LANES) {
      FloatVector.fromMemorySegment(FLOATS, ALL, at(row, j), ORDER)
          .sub(mean)
          .mul(factor)
          .fma(
              FloatVector.fromMemorySegment(FLOATS, ALL, at(weight, j), ORDER),
              FloatVector.fromMemorySegment(FLOATS, ALL, at(bias, j), ORDER))
          .intoMemorySegment(ALL, at(row, j), ORDER);
    }
    for (; j < dim; j++) {
      float scaled = (ALL.get(JAVA_FLOAT, at(row, j)) - mean) * factor;
      float number =
          Math.fma(scaled, ALL.get(JAVA_FLOAT, at(weight, j)), ALL.get(JAVA_FLOAT, at(bias, j)));
      ALL.set(JAVA_FLOAT, at(row, j), number);
    }
  }

  private static long at(long address, int column) {
    return address + (long) column * Float.BYTES;
  }
}
