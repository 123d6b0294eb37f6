package org.mneme.memory.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The inner loop of AdamW over parameters all of which change: one pass over values, gradient and
/// both moments, 28 bytes moved for each number, which is what it costs.
///
/// Two implementations, one with the Vector API, one in plain Java, with the same bits: no fused
/// multiply-add in either. They hold no state.
public sealed interface DenseAdam permits PlainDenseAdam, VectorDenseAdam {
  /// The numbers of one step.
  ///
  /// @param factor by which gradients are scaled first
  /// @param keep what decay leaves of a value
  /// @param new1 1 - beta1
  /// @param beta2 how much of the mean squared gradient stays
  /// @param new2 1 - beta2, rounded by itself
  /// @param stepSize learning rate over the first moment's bias correction
  /// @param rootFactor 1 over the root of the second moment's bias correction
  /// @param epsilon added to the corrected root of the second moment
  record Step(
      float factor,
      float keep,
      float new1,
      float beta2,
      float new2,
      float stepSize,
      float rootFactor,
      float epsilon) {}

  /// Updates `count` float32 numbers at each of the addresses.
  void step(long values, long gradient, long first, long second, int count, Step step);

  /// The sum of the squares of `count` float32 numbers at `address`, in float64 and always in the
  /// same order.
  static double squaredNorm(long address, int count) {
    MemorySegment all = NativeMemory.ALL;
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    double s4 = 0;
    double s5 = 0;
    double s6 = 0;
    double s7 = 0;
    int i = 0;
    for (; i + 8 <= count; i += 8) { // sums of their own, so that no addition waits for another
      long at = address + (long) i * Float.BYTES;
      double x0 = all.get(ValueLayout.JAVA_FLOAT, at);
      double x1 = all.get(ValueLayout.JAVA_FLOAT, at + 4);
      double x2 = all.get(ValueLayout.JAVA_FLOAT, at + 8);
      double x3 = all.get(ValueLayout.JAVA_FLOAT, at + 12);
      double x4 = all.get(ValueLayout.JAVA_FLOAT, at + 16);
      double x5 = all.get(ValueLayout.JAVA_FLOAT, at + 20);
      double x6 = all.get(ValueLayout.JAVA_FLOAT, at + 24);
      double x7 = all.get(ValueLayout.JAVA_FLOAT, at + 28);
      s0 += x0 * x0;
      s1 += x1 * x1;
      s2 += x2 * x2;
      s3 += x3 * x3;
      s4 += x4 * x4;
      s5 += x5 * x5;
      s6 += x6 * x6;
      s7 += x7 * x7;
    }
    for (; i < count; i++) {
      double x = all.get(ValueLayout.JAVA_FLOAT, address + (long) i * Float.BYTES);
      s0 += x * x;
    }
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
  }
}
