package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.mneme.tensor.OneDnn.After;

/// [TokenKernels] with the Vector API.
public record VectorTokenKernels() implements TokenKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final int COLUMNS = 4 * LANES; // of values that are summed up side by side
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;

  @Override
  public void product(Rows weights, long bias, long x, long out, int from, int to) {
    VectorProduct.run(weights, bias, x, out, from, to);
  }

  @Override
  public void rmsNorm(long x, long weight, float eps, int dim, long out) {
    FloatVector sums = FloatVector.zero(FLOATS);
    float sum = 0;
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, at(x, j), ORDER);
      sums = v.fma(v, sums);
    }
    for (; j < dim; j++) {
      sum = Math.fma(get(x, j), get(x, j), sum);
    }
    float factor = (float) (1 / Math.sqrt((LaneSum.of(sums) + sum) / dim + eps));
    for (j = 0; j + LANES <= dim; j += LANES) {
      FloatVector.fromMemorySegment(FLOATS, ALL, at(x, j), ORDER)
          .mul(factor)
          .mul(FloatVector.fromMemorySegment(FLOATS, ALL, at(weight, j), ORDER))
          .intoMemorySegment(ALL, at(out, j), ORDER);
    }
    for (; j < dim; j++) {
      set(out, j, get(x, j) * factor * get(weight, j));
    }
  }

  @Override
  public void layerNorm(long x, long weight, long bias, float eps, int dim, long out) {
    VectorLayerNorm.run(new Rows(x, dim, Rows.Type.FLOAT32), 1, weight, bias, eps, out);
  }

  @Override
  public void turn(long x, long cosines, long sines, int half) {
    long other = at(x, half);
    int j = 0;
    for (; j + LANES <= half; j += LANES) {
      FloatVector first = FloatVector.fromMemorySegment(FLOATS, ALL, at(x, j), ORDER);
      FloatVector second = FloatVector.fromMemorySegment(FLOATS, ALL, at(other, j), ORDER);
      FloatVector cosine = FloatVector.fromMemorySegment(FLOATS, ALL, at(cosines, j), ORDER);
      FloatVector sine = FloatVector.fromMemorySegment(FLOATS, ALL, at(sines, j), ORDER);
      first.mul(cosine).sub(second.mul(sine)).intoMemorySegment(ALL, at(x, j), ORDER);
      second.mul(cosine).add(first.mul(sine)).intoMemorySegment(ALL, at(other, j), ORDER);
    }
    for (; j < half; j++) {
      float first = get(x, j);
      float second = get(other, j);
      set(x, j, first * get(cosines, j) - second * get(sines, j));
      set(other, j, second * get(cosines, j) + first * get(sines, j));
    }
  }

  @Override
  public void attend(
      long query, Rows keys, long values, int count, float scale, long scores, long out) {
    VectorProduct.run(keys, 0, query, scores, 0, count);
    int padded = (count + LANES - 1) / LANES * LANES;
    for (int t = count; t < padded; t++) {
      set(scores, t, Float.NEGATIVE_INFINITY);
    }
    FloatVector most = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    for (int t = 0; t < padded; t += LANES) {
      FloatVector scaled =
          FloatVector.fromMemorySegment(FLOATS, ALL, at(scores, t), ORDER).mul(scale);
      scaled.intoMemorySegment(ALL, at(scores, t), ORDER);
      most = most.max(scaled);
    }
    float sum = VectorExponential.run(scores, padded, most.reduceLanes(VectorOperators.MAX));
    context(scores, values, count, keys.dim(), 1 / sum, out);
  }

  /// The sum of the values by the weights, times `factor`.
  private static void context(
      long weights, long values, int count, int dim, float factor, long out) {
    int c = 0;
    for (; c + COLUMNS <= dim; c += COLUMNS) {
      fourVectors(weights, at(values, c), count, dim, factor, at(out, c));
    }
    for (; c + LANES <= dim; c += LANES) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int t = 0; t < count; t++) {
        FloatVector weight = FloatVector.broadcast(FLOATS, get(weights, t));
        long from = at(values, (long) t * dim + c);
        sum = FloatVector.fromMemorySegment(FLOATS, ALL, from, ORDER).fma(weight, sum);
      }
      sum.mul(factor).intoMemorySegment(ALL, at(out, c), ORDER);
    }
    for (; c < dim; c++) {
      float sum = 0;
      for (int t = 0; t < count; t++) {
        sum = Math.fma(get(weights, t), get(values, (long) t * dim + c), sum);
      }
      set(out, c, sum * factor);
    }
  }

  private static void fourVectors(
      long weights, long values, int count, int dim, float factor, long out) {
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    for (int t = 0; t < count; t++) {
      FloatVector weight = FloatVector.broadcast(FLOATS, get(weights, t));
      long from = at(values, (long) t * dim);
      sum0 = FloatVector.fromMemorySegment(FLOATS, ALL, from, ORDER).fma(weight, sum0);
      sum1 = FloatVector.fromMemorySegment(FLOATS, ALL, at(from, LANES), ORDER).fma(weight, sum1);
      sum2 =
          FloatVector.fromMemorySegment(FLOATS, ALL, at(from, 2L * LANES), ORDER).fma(weight, sum2);
      sum3 =
          FloatVector.fromMemorySegment(FLOATS, ALL, at(from, 3L * LANES), ORDER).fma(weight, sum3);
    }
    sum0.mul(factor).intoMemorySegment(ALL, out, ORDER);
    sum1.mul(factor).intoMemorySegment(ALL, at(out, LANES), ORDER);
    sum2.mul(factor).intoMemorySegment(ALL, at(out, 2L * LANES), ORDER);
    sum3.mul(factor).intoMemorySegment(ALL, at(out, 3L * LANES), ORDER);
  }

  @Override
  public void activate(After after, long x, int count, long room) {
    int whole = count / LANES * LANES;
    VectorActivation.run(after, x, whole, room);
    for (int i = whole; i < count; i++) {
      set(x, i, PlainTokenKernels.activated(after, get(x, i)));
    }
  }

  @Override
  public void multiply(long x, long factors, int count) {
    int j = 0;
    for (; j + LANES <= count; j += LANES) {
      FloatVector.fromMemorySegment(FLOATS, ALL, at(x, j), ORDER)
          .mul(FloatVector.fromMemorySegment(FLOATS, ALL, at(factors, j), ORDER))
          .intoMemorySegment(ALL, at(x, j), ORDER);
    }
    for (; j < count; j++) {
      set(x, j, get(x, j) * get(factors, j));
    }
  }

  @Override
  public void add(long x, long summands, int count) {
    int j = 0;
    for (; j + LANES <= count; j += LANES) {
      FloatVector.fromMemorySegment(FLOATS, ALL, at(x, j), ORDER)
          .add(FloatVector.fromMemorySegment(FLOATS, ALL, at(summands, j), ORDER))
          .intoMemorySegment(ALL, at(x, j), ORDER);
    }
    for (; j < count; j++) {
      set(x, j, get(x, j) + get(summands, j));
    }
  }

  @Override
  public void copy(long from, long to, int count) {
    VectorNumbers.widen(from, Rows.Type.FLOAT32, to, count, 1);
  }

  private static long at(long address, long index) {
    return address + index * Float.BYTES;
  }

  private static float get(long address, long index) {
    return ALL.get(JAVA_FLOAT, at(address, index));
  }

  private static void set(long address, int index, float number) {
    ALL.set(JAVA_FLOAT, at(address, index), number);
  }
}
