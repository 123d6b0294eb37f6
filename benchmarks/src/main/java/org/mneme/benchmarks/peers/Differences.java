package org.mneme.benchmarks.peers;

import static org.mneme.benchmarks.peers.Shape.SLOTS_PER_HEAD;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// How far the results of the two sides are apart after one round on the same inputs.
///
/// @param largest absolute difference of any element of any result
/// @param byResult the same for each result, with the largest magnitude that the peer has in it
/// @param otherSlots reads of ours that go to a slot which the same head of the same token of the
///   peer does not read: sums that are equal but for rounding
record Differences(double largest, Map<String, Difference> byResult, int otherSlots) {
  /// @param difference largest absolute one
  /// @param magnitude largest absolute value of the peer's
  record Difference(double difference, double magnitude) {}

  private static final String SLOTS = "slots";
  private static final String[] RESULTS = {
    "output", "xGradient", "weights", "weightGradient", "rows"
  };

  /// Compares what the two sides wrote into their folders.
  static Differences between(Path ours, Path peer) {
    Map<String, Difference> found = new LinkedHashMap<>();
    boolean searched = Files.exists(ours.resolve(SLOTS));
    int[] ourSlots = searched ? RawFiles.ints(ours.resolve(SLOTS)) : new int[0];
    int[] peerSlots = searched ? RawFiles.ints(peer.resolve(SLOTS)) : new int[0];
    for (String result : RESULTS) {
      if (Files.exists(ours.resolve(result))) {
        float[] a = RawFiles.floats(ours.resolve(result));
        float[] b = RawFiles.floats(peer.resolve(result));
        if (a.length != b.length || a.length == 0) {
          throw new IllegalStateException(
              "%s: ours has %d elements, the peer's %d".formatted(result, a.length, b.length));
        }
        found.put(
            result,
            searched && result.equals("weights")
                ? compareBySlot(a, ourSlots, b, peerSlots)
                : compare(a, b));
      }
    }
    double largest = found.values().stream().mapToDouble(Difference::difference).max().orElse(0);
    return new Differences(largest, found, otherSlots(ourSlots, peerSlots));
  }

  private static Difference compare(float[] ours, float[] peer) {
    double difference = 0;
    double magnitude = 0;
    for (int i = 0; i < ours.length; i++) {
      difference = larger(difference, Math.abs((double) ours[i] - peer[i]));
      magnitude = larger(magnitude, Math.abs(peer[i]));
    }
    return new Difference(difference, magnitude);
  }

  /// Weights of the slots that both read: neither side says in which order a head's slots stand.
  private static Difference compareBySlot(
      float[] ours, int[] ourSlots, float[] peer, int[] peerSlots) {
    double difference = 0;
    double magnitude = 0;
    for (int start = 0; start < ours.length; start += SLOTS_PER_HEAD) {
      Map<Integer, Float> weights = new LinkedHashMap<>();
      for (int i = start; i < start + SLOTS_PER_HEAD; i++) {
        weights.put(peerSlots[i], peer[i]);
        magnitude = larger(magnitude, Math.abs(peer[i]));
      }
      for (int i = start; i < start + SLOTS_PER_HEAD; i++) {
        Float weight = weights.get(ourSlots[i]);
        if (weight != null) {
          difference = larger(difference, Math.abs((double) ours[i] - weight));
        }
      }
    }
    return new Difference(difference, magnitude);
  }

  /// The larger one; NaN if either is, so that it shows.
  private static double larger(double a, double b) {
    return Math.max(a, b);
  }

  private static int otherSlots(int[] ours, int[] peer) {
    int others = 0;
    for (int start = 0; start < ours.length; start += SLOTS_PER_HEAD) {
      int[] theirs = Arrays.copyOfRange(peer, start, start + SLOTS_PER_HEAD);
      Arrays.sort(theirs);
      for (int i = start; i < start + SLOTS_PER_HEAD; i++) {
        others += Arrays.binarySearch(theirs, ours[i]) < 0 ? 1 : 0;
      }
    }
    return others;
  }
}
