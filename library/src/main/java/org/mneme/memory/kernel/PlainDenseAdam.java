package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/// [DenseAdam] in plain Java.
public record PlainDenseAdam() implements DenseAdam {
  private static final MemorySegment ALL = NativeMemory.ALL;

  @Override
  public void step(long values, long gradient, long first, long second, int count, Step step) {
    float new2 = step.new2();
    for (int i = 0; i < count; i++) {
      long at = (long) i * Float.BYTES;
      float g = ALL.get(JAVA_FLOAT, gradient + at) * step.factor();
      float m = ALL.get(JAVA_FLOAT, first + at);
      m = m + (g - m) * step.new1();
      float s = ALL.get(JAVA_FLOAT, second + at) * step.beta2() + g * g * new2;
      float root = (float) Math.sqrt(s) * step.rootFactor() + step.epsilon();
      float v = ALL.get(JAVA_FLOAT, values + at) * step.keep();
      ALL.set(JAVA_FLOAT, first + at, m);
      ALL.set(JAVA_FLOAT, second + at, s);
      ALL.set(JAVA_FLOAT, values + at, v - m / root * step.stepSize());
    }
  }
}
