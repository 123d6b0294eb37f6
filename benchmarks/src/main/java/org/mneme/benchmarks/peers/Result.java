package org.mneme.benchmarks.peers;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A case against one mode of the peer.
///
/// @param alternating whether the sides took turns round by round; else there was no memory for
///   both, and they took turns in blocks of rounds
/// @param idle processor time that sides used while it was the other's turn
record Result(
    Shape shape,
    Mode mode,
    List<Round> ours,
    List<Round> peer,
    Differences differences,
    boolean alternating,
    Duration idle) {
  private static final double[] QUARTILES = {0.25, 0.5, 0.75};

  /// Ratio of medians: above 1 Mneme is faster.
  double ratio() {
    return Round.median(peer) / Round.median(ours);
  }

  /// Quartiles of the ratios of rounds that ran one after the other.
  double[] ratioQuartiles() {
    double[] ratios = new double[Math.min(ours.size(), peer.size())];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = peer.get(i).ms() / ours.get(i).ms();
    }
    double[] quartiles = new double[QUARTILES.length];
    for (int i = 0; i < QUARTILES.length; i++) {
      quartiles[i] = Round.quantile(ratios, QUARTILES[i]);
    }
    return quartiles;
  }

  /// As the JSON has it.
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", shape.name());
    json.put("slots", shape.slots());
    json.put("valueDim", shape.valueDim());
    json.put("dtype", shape.dtype());
    json.put("peer", mode.label());
    json.put("oursMedianMs", Round.median(ours));
    json.put("oursMinMs", Round.minimum(ours));
    json.put("peerMedianMs", Round.median(peer));
    json.put("peerMinMs", Round.minimum(peer));
    json.put("ratio", ratio());
    json.put("largestDifference", differences.largest());
    json.put("ratioQuartiles", ratioQuartiles());
    json.put("rounds", ours.size());
    json.put("alternating", alternating);
    json.put("oursStagesMs", Round.stageMedians(ours));
    json.put("peerStagesMs", Round.stageMedians(peer));
    json.put("differences", differences.byResult());
    json.put("otherSlots", differences.otherSlots());
    json.put("idleMs", idle.toMillis());
    return json;
  }
}
