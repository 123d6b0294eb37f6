package org.mneme.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Randomness;

/// Batches of several plans, each as often as its weight wants: with weight 2 an epoch has all its
/// batches twice, with 0.5 half of them, and the next epoch the other half.
final class MixedBatches implements BatchPlan {
  private final List<BatchPlan> plans;
  private final int[] firstLines;

  /// The first place in an epoch of each plan's batches, and the end of the last.
  private final int[] places;

  private final long seed;

  /// @param firstLines what is added to the lines of each plan
  MixedBatches(List<BatchPlan> plans, int[] firstLines, double[] weights, long seed) {
    this.plans = List.copyOf(plans);
    this.firstLines = firstLines.clone();
    this.seed = seed;
    places = new int[plans.size() + 1];
    for (int i = 0; i < plans.size(); i++) {
      double count = Math.max(1, Math.rint(weights[i] * plans.get(i).batchesPerEpoch()));
      if (places[i] + count > Integer.MAX_VALUE) {
        throw InvalidInputException.config("data.weight", weights[i] + " makes too long an epoch");
      }
      places[i + 1] = places[i] + (int) count;
    }
  }

  @Override
  public int batchesPerEpoch() {
    return places[plans.size()];
  }

  @Override
  public LineBatch batch(long index) {
    long epoch = Math.floorDiv(index, batchesPerEpoch());
    var order = new Permutation(batchesPerEpoch(), Randomness.derive(seed, epoch));
    int place = (int) order.at(Math.floorMod(index, batchesPerEpoch()));
    int found = Arrays.binarySearch(places, place);
    int plan = found < 0 ? -found - 2 : found;
    int count = places[plan + 1] - places[plan];
    return shifted(plan, plans.get(plan).batch(epoch * count + place - places[plan]));
  }

  private LineBatch shifted(int plan, LineBatch batch) {
    int[] lines = Arrays.stream(batch.lines()).map(line -> line + firstLines[plan]).toArray();
    return new LineBatch(lines, batch.time(), batch.padded());
  }

  @Override
  public Iterable<LineBatch> inOrder() {
    List<Iterable<LineBatch>> all = new ArrayList<>();
    for (BatchPlan plan : plans) {
      all.add(plan.inOrder());
    }
    return () ->
        IntStream.range(0, all.size())
            .boxed()
            .flatMap(plan ->
                StreamSupport.stream(all.get(plan).spliterator(), false)
                    .map(batch -> shifted(plan, batch)))
            .iterator();
  }
}
