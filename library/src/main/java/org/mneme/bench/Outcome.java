package org.mneme.bench;

import static org.mneme.bench.Sizes.READS;
import static org.mneme.bench.Sizes.SLOTS_PER_HEAD;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// What the first run of a stage gave.
///
/// @param numbers by name; `weights` belong to `slots`, `rows` are those of [#sample]
/// @param slots `[tokens, heads * slotsPerHead]` that were read; empty if there are none
// arrays on purpose: they are compared by their numbers
@SuppressWarnings("ArrayRecordComponent")
public record Outcome(Map<String, float[]> numbers, int[] slots) {
  private static final String ROWS = "rows";
  private static final String WEIGHTS = "weights";
  private static final List<String> BY_TOKEN = List.of("output", "xGradient");
  private static final int READ_ROWS = 448;
  private static final int OTHER_ROWS = 64;

  /// What a stage gave that ran exactly once.
  public static Outcome of(Stage stage) {
    Map<String, float[]> numbers = new LinkedHashMap<>(stage.results());
    if (stage.slots().length > 0) {
      float[] rows = stage.rows(sample(stage.slots(), stage.sizes()));
      if (rows.length > 0) {
        numbers.put(ROWS, rows);
      }
    }
    return new Outcome(numbers, stage.slots());
  }

  /// Rows of the table to look at after an update: some that were read, by tokens all over the
  /// batch, and some that were not.
  public static int[] sample(int[] slots, Sizes sizes) {
    boolean[] read = new boolean[sizes.slots()];
    Arrays.stream(slots).forEach(slot -> read[slot] = true);
    IntStream some =
        IntStream.range(0, READ_ROWS).map(i -> slots[(int) ((long) i * slots.length / READ_ROWS)]);
    IntStream others =
        IntStream.range(0, sizes.slots()).filter(row -> !read[row]).limit(OTHER_ROWS);
    return IntStream.concat(some, others).distinct().toArray();
  }

  /// The largest absolute differences to the numbers of `peer`, of those that both have. Weights
  /// are compared where both read the same slot.
  public Map<String, Double> differences(Outcome peer) {
    Map<String, Double> differences = new LinkedHashMap<>();
    numbers.forEach((name, ours) -> {
      float[] theirs = peer.numbers.get(name);
      if (theirs != null) {
        differences.put(
            name,
            name.equals(WEIGHTS) ? weightDifference(theirs, peer.slots) : largest(ours, theirs));
      }
    });
    return differences;
  }

  /// The largest of [#differences]; 0 if there are none.
  public double largestDifference(Outcome peer) {
    return differences(peer).values().stream().mapToDouble(d -> d).max().orElse(0);
  }

  /// Reads that go to a slot which the same head of the same token of `peer` does not read: sums
  /// that are equal but for rounding.
  public int otherSlots(Outcome peer) {
    int others = 0;
    int both = Math.min(slots.length, peer.slots.length); // neither or one is told: no difference
    for (int start = 0; start < both; start += SLOTS_PER_HEAD) {
      int[] theirs = Arrays.copyOfRange(peer.slots, start, start + SLOTS_PER_HEAD);
      Arrays.sort(theirs);
      for (int i = start; i < start + SLOTS_PER_HEAD; i++) {
        others += Arrays.binarySearch(theirs, slots[i]) < 0 ? 1 : 0;
      }
    }
    return others;
  }

  /// The largest absolute difference in the results of tokens for which both read the same slots: a
  /// slot that rounding exchanged hides what else there is. Of results by token; 0 if there are
  /// none.
  public double differenceWhereReadsAgree(Outcome peer) {
    int tokens = Math.min(slots.length, peer.slots.length) / READS;
    double largest = 0;
    for (int token = 0; token < tokens; token++) {
      if (readsOfToken(token).otherSlots(peer.readsOfToken(token)) == 0) {
        for (String name : BY_TOKEN) {
          float[] ours = numbers.getOrDefault(name, new float[0]);
          float[] theirs = peer.numbers.getOrDefault(name, new float[0]);
          int width = Math.min(ours.length, theirs.length) / tokens;
          for (int i = token * width; i < (token + 1) * width; i++) {
            largest = Math.max(largest, Math.abs((double) ours[i] - theirs[i]));
          }
        }
      }
    }
    return largest;
  }

  private Outcome readsOfToken(int token) {
    return new Outcome(Map.of(), Arrays.copyOfRange(slots, token * READS, (token + 1) * READS));
  }

  private static double largest(float[] ours, float[] theirs) {
    if (ours.length != theirs.length) {
      throw new IllegalArgumentException(
          "ours are %d numbers, the peer's %d".formatted(ours.length, theirs.length));
    }
    double largest = 0;
    for (int i = 0; i < ours.length; i++) {
      largest = Math.max(largest, Math.abs((double) ours[i] - theirs[i])); // NaN stays
    }
    return largest;
  }

  private double weightDifference(float[] theirs, int[] theirSlots) {
    float[] ours = numbers.getOrDefault(WEIGHTS, new float[0]);
    double largest = 0;
    for (int start = 0; start < ours.length; start += SLOTS_PER_HEAD) {
      Map<Integer, Float> weights = new HashMap<>();
      for (int i = start; i < start + SLOTS_PER_HEAD; i++) {
        weights.put(theirSlots[i], theirs[i]);
      }
      for (int i = start; i < start + SLOTS_PER_HEAD; i++) {
        Float weight = weights.get(slots[i]);
        if (weight != null) {
          largest = Math.max(largest, Math.abs((double) ours[i] - weight));
        }
      }
    }
    return largest;
  }
}
