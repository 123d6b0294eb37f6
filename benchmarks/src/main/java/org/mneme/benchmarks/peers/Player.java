package org.mneme.benchmarks.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/// A side with a model in one of its modes, and what its rounds gave.
final class Player implements AutoCloseable {
  private static final double BURST_MS = 300;
  private static final int MOST_CALLS = 300;
  private static final long REST_MS = 300;
  private static final int PRODUCT_ROUNDS = 4;

  private final String mode;
  private final Side side;
  private final List<Double> losses = new ArrayList<>();
  private int calls = 1;

  /// @param mode what it computes in, such as `float32`
  Player(String mode, Side side) {
    this.mode = mode;
    this.side = side;
  }

  /// What it computes in.
  String mode() {
    return mode;
  }

  /// What it says of itself.
  JsonNode versions() {
    return side.versions();
  }

  /// Loads its model.
  void load(Map<String, Object> command) {
    Map<String, Object> all = new LinkedHashMap<>(command);
    all.put("do", "load");
    all.put("mode", mode);
    JsonNode unused = side.ask(all);
  }

  /// Works on those texts from now on.
  void shape(Map<String, Object> command) {
    Map<String, Object> all = new LinkedHashMap<>(command);
    all.put("do", "shape");
    JsonNode unused = side.ask(all);
    calls = 1;
  }

  /// Runs it until its code is compiled and warm, and counts the peak of its memory anew.
  ///
  /// @param rounds at least
  /// @param leastMs that they take together, at least
  void warmUp(int rounds, double leastMs) {
    double ms = 0;
    for (int i = 0; i < rounds || ms < leastMs; i++) {
      ms += round();
    }
    Resident.forgetPeak(side.pid());
  }

  /// Has a round run as often as it takes to be measured well.
  void calibrate() {
    calls = Math.clamp(Math.round(BURST_MS / round()), 1, MOST_CALLS);
  }

  /// Runs a round; returns the ms of one call.
  double round() {
    JsonNode answer = side.ask(Map.of("do", "round", "calls", calls));
    if (answer.has("loss")) {
      losses.add(answer.get("loss").asDouble());
    }
    return answer.get("ms").asDouble();
  }

  /// Ms of the matrix products of a round alone: of ours, in training.
  double products() {
    List<Double> ms = new ArrayList<>();
    for (int i = 0; i < PRODUCT_ROUNDS; i++) {
      ms.add(side.ask(Map.of("do", "products")).get("ms").asDouble());
    }
    return new Times(ms.subList(1, PRODUCT_ROUNDS)).median(); // the first warms up
  }

  /// The loss of each round since the model was loaded.
  List<Double> losses() {
    return losses;
  }

  /// Has it write what it computes into `folder`.
  void results(Path folder) {
    side.results(RawFiles.folder(folder));
  }

  /// The most memory it had since it was warm.
  OptionalLong peakBytes() {
    return Resident.peak(side.pid());
  }

  /// Rounds of all players, one after the other, one busy at a time; before each, the threads of
  /// the one before have time to go to sleep.
  static Map<Player, Times> turns(List<Player> players, int rounds, String what) {
    Map<Player, List<Double>> times = new LinkedHashMap<>();
    players.forEach(player -> times.put(player, new ArrayList<>()));
    for (int i = 0; i < rounds; i++) {
      var line = new StringBuilder();
      for (Player player : players) {
        rest();
        double ms = player.round();
        times.getOrDefault(player, new ArrayList<>()).add(ms);
        line.append(String.format(Locale.ROOT, ", %s %.1f ms", player.side, ms));
      }
      System.err.println(what + ", round " + (i + 1) + line);
    }
    Map<Player, Times> results = new LinkedHashMap<>();
    times.forEach((player, ms) -> results.put(player, new Times(List.copyOf(ms))));
    return results;
  }

  private static void rest() {
    try {
      Thread.sleep(REST_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted between two rounds", e);
    }
  }

  @Override
  public void close() {
    side.close();
  }
}
