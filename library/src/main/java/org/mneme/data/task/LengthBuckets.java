package org.mneme.data.task;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.mneme.data.BatchPlan;
import org.mneme.data.LineBatch;
import org.mneme.data.Permutation;
import org.mneme.tensor.Randomness;

/// Batches of the same number of lines of similar length: every epoch shuffles all lines, sorts
/// them by length within buckets of fifty batches, and shuffles the batches of a bucket. Only the
/// bucket of the batch asked for is ever made.
///
/// @param lengths of the lines
/// @param lines in a batch; one batch of an epoch may have fewer
record LengthBuckets(int[] lengths, int lines, long seed) implements BatchPlan {
  private static final int BUCKET = 50;
  private static final long ORDER = -1;

  @Override
  public int batchesPerEpoch() {
    return Math.ceilDiv(lengths.length, lines);
  }

  @Override
  public LineBatch batch(long index) {
    long epoch = Math.floorDiv(index, batchesPerEpoch());
    int place = Math.floorMod(index, batchesPerEpoch());
    int bucket = place / BUCKET;
    int from = bucket * BUCKET * lines;
    int to = (int) Math.min(lengths.length, (long) from + (long) BUCKET * lines);
    var order = new Permutation(lengths.length, Randomness.derive(seed, epoch, ORDER));
    int[] sorted =
        IntStream.range(from, to)
            .map(line -> (int) order.at(line))
            .boxed()
            .sorted(Comparator.comparingInt(line -> lengths[line]))
            .mapToInt(Integer::intValue)
            .toArray();
    var batches =
        new Permutation(Math.ceilDiv(sorted.length, lines), Randomness.derive(seed, epoch, bucket));
    return batch(sorted, (int) batches.at(place % BUCKET));
  }

  /// All lines in their own order.
  @Override
  public Iterable<LineBatch> inOrder() {
    int[] all = IntStream.range(0, lengths.length).toArray();
    return () ->
        IntStream.range(0, batchesPerEpoch()).mapToObj(batch -> batch(all, batch)).iterator();
  }

  private LineBatch batch(int[] order, int place) {
    int from = place * lines;
    int[] batch = Arrays.copyOfRange(order, from, Math.min(order.length, from + lines));
    int time = Arrays.stream(batch).map(line -> lengths[line]).max().orElse(0);
    return new LineBatch(batch, time, Arrays.stream(batch).anyMatch(line -> lengths[line] < time));
  }
}
