package org.mneme.data;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.mneme.tensor.Randomness;

/// Batches of the same number of lines each, which the last may not reach.
///
/// @param seed decides the order of lines, another in every epoch
/// @param shuffled whether lines are shuffled, or come in their order in every epoch
record EvenBatches(TokenLines lines, int rows, long seed, boolean shuffled) implements BatchPlan {
  @Override
  public int batchesPerEpoch() {
    return Math.ceilDiv(lines.size(), rows);
  }

  @Override
  public LineBatch batch(long index) {
    int place = Math.floorMod(index, batchesPerEpoch());
    if (!shuffled) {
      return inOrder(place);
    }
    long epoch = Math.floorDiv(index, batchesPerEpoch());
    var order = new Permutation(lines.size(), Randomness.derive(seed, epoch));
    return batch(places(place).map(line -> (int) order.at(line)).toArray());
  }

  @Override
  public Iterable<LineBatch> inOrder() {
    return () -> IntStream.range(0, batchesPerEpoch()).mapToObj(this::inOrder).iterator();
  }

  private LineBatch inOrder(int place) {
    return batch(places(place).toArray());
  }

  private IntStream places(int batch) {
    return IntStream.range(batch * rows, (int) Math.min(lines.size(), (batch + 1L) * rows));
  }

  private LineBatch batch(int[] batch) {
    int[] lengths = Arrays.stream(batch).map(lines::length).toArray();
    int time = Arrays.stream(lengths).max().orElse(0);
    return new LineBatch(batch, time, Arrays.stream(lengths).anyMatch(length -> length < time));
  }
}
