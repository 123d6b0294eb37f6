package org.mneme.memory.kernel;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// [DenseAdam] with the Vector API.
public record VectorDenseAdam() implements DenseAdam {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;
  private static final PlainDenseAdam REST = new PlainDenseAdam();

  @Override
  public void step(long values, long gradient, long first, long second, int count, Step step) {
    FloatVector factor = FloatVector.broadcast(FLOATS, step.factor());
    FloatVector keep = FloatVector.broadcast(FLOATS, step.keep());
    FloatVector new1 = FloatVector.broadcast(FLOATS, step.new1());
    FloatVector beta2 = FloatVector.broadcast(FLOATS, step.beta2());
    FloatVector new2 = FloatVector.broadcast(FLOATS, step.new2());
    FloatVector size = FloatVector.broadcast(FLOATS, step.stepSize());
    FloatVector rootFactor = FloatVector.broadcast(FLOATS, step.rootFactor());
    FloatVector epsilon = FloatVector.broadcast(FLOATS, step.epsilon());
    int i = 0;
    for (; i + LANES <= count; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector g = FloatVector.fromMemorySegment(FLOATS, ALL, gradient + at, ORDER).mul(factor);
      FloatVector m = FloatVector.fromMemorySegment(FLOATS, ALL, first + at, ORDER);
      m = m.add(g.sub(m).mul(new1));
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, ALL, second + at, ORDER);
      s = s.mul(beta2).add(g.mul(g).mul(new2));
      FloatVector root = s.sqrt().mul(rootFactor).add(epsilon);
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, values + at, ORDER).mul(keep);
      m.intoMemorySegment(ALL, first + at, ORDER);
      s.intoMemorySegment(ALL, second + at, ORDER);
      v.sub(m.div(root).mul(size)).intoMemorySegment(ALL, values + at, ORDER);
    }
    long at = (long) i * Float.BYTES;
    REST.step(values + at, gradient + at, first + at, second + at, count - i, step);
  }
}
