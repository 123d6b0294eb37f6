package org.mneme.memory.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// The sum of the lanes of a vector, always in the same order: halves are folded onto each other.
///
/// `reduceLanes(ADD)` leaves the order open, and interpreted code takes another one than compiled
/// code: the same gradients would have other bits as soon as the compiler had come by.
final class LaneSum {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(FLOATS, 8, 1, true);
  private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(FLOATS, 4, 1, true);
  private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(FLOATS, 2, 1, true);
  private static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(FLOATS, 1, 1, true);

  private LaneSum() {}

  /// The sum of a vector of the preferred species, of at most 16 lanes.
  static float of(FloatVector vector) {
    FloatVector folded = vector;
    if (LANES >= 16) {
      folded = folded.add(folded.rearrange(BY_8));
    }
    if (LANES >= 8) {
      folded = folded.add(folded.rearrange(BY_4));
    }
    if (LANES >= 4) {
      folded = folded.add(folded.rearrange(BY_2));
    }
    folded = folded.add(folded.rearrange(BY_1));
    return folded.lane(0);
  }
}
