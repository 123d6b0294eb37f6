package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import org.mneme.tensor.OneDnn.After;

/// [TokenKernels] in plain Java.
public record PlainTokenKernels() implements TokenKernels {
  private static final MemorySegment ALL = NativeMemory.ALL;

  @Override
  public void product(Rows weights, long bias, long x, long out, int from, int to) {
    for (int i = from; i < to; i++) {
      float product = dot(weights, i, x);
      set(out, i, bias == 0 ? product : product + get(bias, i));
    }
  }

  private static float dot(Rows weights, int index, long x) {
    long row = weights.row(index);
    // sums that do not wait for each other
    float sum0 = 0;
    float sum1 = 0;
    float sum2 = 0;
    float sum3 = 0;
    int j = 0;
    for (; j + 4 <= weights.dim(); j += 4) {
      sum0 += weight(weights, row, j) * get(x, j);
      sum1 += weight(weights, row, j + 1) * get(x, j + 1);
      sum2 += weight(weights, row, j + 2) * get(x, j + 2);
      sum3 += weight(weights, row, j + 3) * get(x, j + 3);
    }
    for (; j < weights.dim(); j++) {
      sum0 += weight(weights, row, j) * get(x, j);
    }
    return sum0 + sum1 + (sum2 + sum3);
  }

  private static float weight(Rows weights, long row, int column) {
    return switch (weights.type()) {
      case FLOAT32 -> get(row, column);
      case BFLOAT16 -> BrainFloat.expand(ALL.get(JAVA_SHORT, row + (long) column * Short.BYTES));
    };
  }

  @Override
  public void rmsNorm(long x, long weight, float eps, int dim, long out) {
    float squares = 0;
    for (int i = 0; i < dim; i++) {
      squares += get(x, i) * get(x, i);
    }
    float factor = (float) (1 / Math.sqrt(squares / dim + eps));
    for (int i = 0; i < dim; i++) {
      set(out, i, get(x, i) * factor * get(weight, i));
    }
  }

  @Override
  public void layerNorm(long x, long weight, long bias, float eps, int dim, long out) {
    float sum = 0;
    for (int i = 0; i < dim; i++) {
      sum += get(x, i);
    }
    float mean = sum / dim;
    float squares = 0;
    for (int i = 0; i < dim; i++) {
      squares += (get(x, i) - mean) * (get(x, i) - mean);
    }
    float factor = (float) (1 / Math.sqrt(squares / dim + eps));
    for (int i = 0; i < dim; i++) {
      set(out, i, (get(x, i) - mean) * factor * get(weight, i) + get(bias, i));
    }
  }

  @Override
  public void turn(long x, long cosines, long sines, int half) {
    for (int i = 0; i < half; i++) {
      float first = get(x, i);
      float second = get(x, half + i);
      set(x, i, first * get(cosines, i) - second * get(sines, i));
      set(x, half + i, second * get(cosines, i) + first * get(sines, i));
    }
  }

  @Override
  public void attend(
      long query, Rows keys, long values, int count, float scale, long scores, long out) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int t = 0; t < count; t++) {
      float score = dot(keys, t, query) * scale;
      set(scores, t, score);
      largest = Math.max(largest, score);
    }
    float sum = 0;
    for (int t = 0; t < count; t++) {
      float power = (float) Math.exp(get(scores, t) - largest);
      set(scores, t, power);
      sum += power;
    }
    for (int i = 0; i < keys.dim(); i++) {
      set(out, i, 0);
    }
    for (int t = 0; t < count; t++) {
      float share = get(scores, t) / sum;
      long value = values + (long) t * keys.dim() * Float.BYTES;
      for (int i = 0; i < keys.dim(); i++) {
        set(out, i, get(out, i) + share * get(value, i));
      }
    }
  }

  @Override
  public void activate(After after, long x, int count, long room) {
    for (int i = 0; i < count; i++) {
      set(x, i, activated(after, get(x, i)));
    }
  }

  /// One number, activated.
  static float activated(After after, double x) {
    return (float)
        switch (after) {
          case NOTHING -> x;
          case RELU -> Math.max(0, x);
          case SILU -> x / (1 + Math.exp(-x));
          case GELU_TANH -> x / (1 + Math.exp(-2 * GELU_SCALE * (x + GELU_CUBE * x * x * x)));
          case GELU -> {
            double away = tail(Math.abs(x) / Math.sqrt(2));
            yield x < 0 ? x * away : x * (1 - away);
          }
        };
  }

  /// sqrt(2 / pi), and what stands before the cube, of the tanh approximation of GELU.
  static final double GELU_SCALE = Math.sqrt(2 / Math.PI);

  static final double GELU_CUBE = 0.044715;

  // (1 - erf z) / 2 for z of at least 0, to 8e-8 (Abramowitz & Stegun 1964, 7.1.26)
  static final double TAIL_SLOPE = 0.3275911;
  static final double TAIL_1 = 0.254829592 / 2;
  static final double TAIL_2 = -0.284496736 / 2;
  static final double TAIL_3 = 1.421413741 / 2;
  static final double TAIL_4 = -1.453152027 / 2;
  static final double TAIL_5 = 1.061405429 / 2;

  private static double tail(double z) {
    double t = 1 / (1 + TAIL_SLOPE * z);
    return ((((TAIL_5 * t + TAIL_4) * t + TAIL_3) * t + TAIL_2) * t + TAIL_1)
        * t
        * Math.exp(-z * z);
  }

  @Override
  public void multiply(long x, long factors, int count) {
    for (int i = 0; i < count; i++) {
      set(x, i, get(x, i) * get(factors, i));
    }
  }

  @Override
  public void add(long x, long summands, int count) {
    for (int i = 0; i < count; i++) {
      set(x, i, get(x, i) + get(summands, i));
    }
  }

  @Override
  public void copy(long from, long to, int count) {
    MemorySegment.copy(ALL, from, ALL, to, (long) count * Float.BYTES);
  }

  private static float get(long address, int index) {
    return ALL.get(JAVA_FLOAT, address + (long) index * Float.BYTES);
  }

  private static void set(long address, int index, float number) {
    ALL.set(JAVA_FLOAT, address + (long) index * Float.BYTES, number);
  }
}
