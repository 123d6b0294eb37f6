package org.mneme.benchmarks.peers;

import java.util.LinkedHashMap;
import java.util.Map;

/// Ours in one mode and the peer in one of its, which took turns: a case of the results.
///
/// @param name `training`, `inference`, `recurrent`, `generation` or `embed`
/// @param dtype our mode
/// @param peer the peer's mode
/// @param more further keys of the JSON, in order
record Pair(
    String name,
    String dtype,
    String peer,
    Times ours,
    Times theirs,
    double largestDifference,
    Map<String, Object> more) {

  /// The peer's median by ours: above 1 ours is faster.
  double ratio() {
    return theirs.median() / ours.median();
  }

  /// As JSON has it: the keys of `run memory` where they mean something.
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("dtype", dtype);
    json.put("peer", peer);
    json.put("oursMedianMs", ours.median());
    json.put("oursMinMs", ours.least());
    json.put("peerMedianMs", theirs.median());
    json.put("peerMinMs", theirs.least());
    json.put("ratio", ratio());
    json.put("largestDifference", largestDifference);
    json.put("rounds", ours.ms().size());
    json.put("ratioQuartiles", ours.ratioQuartiles(theirs));
    json.putAll(more);
    return json;
  }
}
