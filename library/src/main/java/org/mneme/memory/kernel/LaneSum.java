package org.mneme.memory.kernel;

import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// How the lanes of a vector are added up: in one order always. FloatVector.reduceLanes has one
/// order before it is compiled and another one after, and so gives other bits from run to run.
final class LaneSum {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  private LaneSum() {}

  /// Shuffles to do one after another, each time adding the outcome to what was shuffled: lanes
  /// half a vector apart first, neighbours last. Then every lane has the sum.
  // not a method from vector to sum: where that is not inlined the vector becomes an object
  @SuppressWarnings("unchecked") // an array, since inner loops go through it
  static VectorShuffle<Float>[] folds() {
    List<VectorShuffle<Float>> folds = new ArrayList<>();
    for (int distance = FLOATS.length() / 2; distance > 0; distance /= 2) {
      int across = distance;
      folds.add(VectorShuffle.fromOp(FLOATS, lane -> lane ^ across));
    }
    return folds.toArray(VectorShuffle[]::new);
  }
}
