package org.mneme.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What two runs of one thing, in turn and on the same inputs, took.
///
/// @param name what was run: `step`, `search`, `read`, `tableBackward`, ...
/// @param dtype `float32` or `bfloat16`, of what the name says
/// @param peer what ours is compared with
/// @param ours rounds of ours
/// @param theirs rounds of the peer
/// @param largestDifference largest absolute difference of any number that both gave in the first
///   round
/// @param more further keys of the JSON, in order
public record Comparison(
    String name,
    Sizes sizes,
    String dtype,
    String peer,
    List<Round> ours,
    List<Round> theirs,
    double largestDifference,
    Map<String, Object> more) {
  private static final double[] QUARTILES = {0.25, 0.5, 0.75};
  private static final double MEDIAN = 0.5;

  /// Median ms of ours.
  public double oursMedian() {
    return quantile(times(ours), MEDIAN);
  }

  /// Least ms of ours.
  public double oursMinimum() {
    return quantile(times(ours), 0);
  }

  /// Median ms of the peer.
  public double theirMedian() {
    return quantile(times(theirs), MEDIAN);
  }

  /// Least ms of the peer.
  public double theirMinimum() {
    return quantile(times(theirs), 0);
  }

  /// The peer's median by ours: above 1 ours is faster.
  public double ratio() {
    return theirMedian() / oursMedian();
  }

  /// Quartiles of the ratios of rounds that ran one after the other.
  public double[] ratioQuartiles() {
    double[] ratios = new double[Math.min(ours.size(), theirs.size())];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = theirs.get(i).ms() / ours.get(i).ms();
    }
    return Arrays.stream(QUARTILES).map(share -> quantile(ratios, share)).toArray();
  }

  /// This with further keys for the JSON.
  public Comparison with(Map<String, Object> remarks) {
    return new Comparison(name, sizes, dtype, peer, ours, theirs, largestDifference, remarks);
  }

  /// As JSON has it.
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("slots", sizes.slots());
    json.put("valueDim", sizes.valueDim());
    json.put("dim", sizes.dim());
    json.put("dtype", dtype);
    json.put("peer", peer);
    json.put("oursMedianMs", oursMedian());
    json.put("oursMinMs", oursMinimum());
    json.put("peerMedianMs", theirMedian());
    json.put("peerMinMs", theirMinimum());
    json.put("ratio", ratio());
    json.put("largestDifference", largestDifference);
    json.put("tokens", sizes.tokens());
    json.put("rounds", ours.size());
    json.put("ratioQuartiles", ratioQuartiles());
    json.put("oursStagesMs", Round.stageMedians(ours));
    json.put("peerStagesMs", Round.stageMedians(theirs));
    json.putAll(more);
    return json;
  }

  private static double[] times(List<Round> rounds) {
    return rounds.stream().mapToDouble(Round::ms).toArray();
  }

  /// The value below which a share of the values lies, interpolated between neighbours.
  static double quantile(double[] values, double share) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
