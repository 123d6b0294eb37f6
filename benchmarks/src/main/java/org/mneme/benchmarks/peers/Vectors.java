package org.mneme.benchmarks.peers;

/// What an encoder gave.
///
/// @param hidden `[texts, time, dim]`
// arrays on purpose: they are compared by their numbers
@SuppressWarnings("ArrayRecordComponent")
record Vectors(float[] hidden, int texts, int dim) {
  /// None.
  static final Vectors NONE = new Vectors(new float[0], 0, 1);

  /// The largest absolute difference of any number.
  double largestDifference(Vectors other) {
    requireLike(other);
    double largest = 0;
    for (int i = 0; i < hidden.length; i++) {
      largest = Math.max(largest, Math.abs((double) hidden[i] - other.hidden[i])); // NaN stays
    }
    return largest;
  }

  /// The least cosine between the mean vectors of a text here and there.
  double leastCosine(Vectors other) {
    requireLike(other);
    double least = 1;
    for (int text = 0; text < texts; text++) {
      least = Math.min(least, cosine(mean(text), other.mean(text)));
    }
    return least;
  }

  private void requireLike(Vectors other) {
    if (hidden.length != other.hidden.length || hidden.length == 0) {
      throw new IllegalStateException(
          "ours are %d numbers, the peer's %d".formatted(hidden.length, other.hidden.length));
    }
  }

  private double[] mean(int text) {
    int length = hidden.length / texts;
    double[] sum = new double[dim];
    for (int i = 0; i < length; i++) {
      sum[i % dim] += hidden[text * length + i];
    }
    return sum; // the mean but for a factor, which a cosine does not see
  }

  private static double cosine(double[] a, double[] b) {
    double product = 0;
    double squares = 0;
    double others = 0;
    for (int i = 0; i < a.length; i++) {
      product += a[i] * b[i];
      squares += a[i] * a[i];
      others += b[i] * b[i];
    }
    return product / Math.sqrt(squares * others);
  }
}
