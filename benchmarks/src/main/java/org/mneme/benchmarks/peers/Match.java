package org.mneme.benchmarks.peers;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Runs one case on both sides in turn, on the same inputs, one busy at a time.
///
/// Before each turn it waits until the threads of the side that just worked have gone to sleep
/// (OpenMP's and OpenBLAS's spin for up to 200 ms when their work is done).
final class Match implements AutoCloseable {
  private static final int PEER_WARM_UP = 3;
  private static final long REST_MS = 300;

  private final Options options;
  private final Sides sides;
  private final Shape shape;
  private final Path folder;
  private final PrintStream progress;
  private final Map<String, JsonNode> versions = new HashMap<>();
  private final SampleRows sample;
  private Optional<Side> ours = Optional.empty();

  /// Writes the inputs of the case below `folder`.
  Match(Options options, Sides sides, Shape shape, Path folder, PrintStream progress) {
    this.options = options;
    this.sides = sides;
    this.shape = shape;
    this.folder = folder;
    this.progress = progress;
    Inputs.write(shape, inputs());
    sample = new SampleRows(shape, inputs(), results(Mode.OURS));
  }

  /// What the sides say of themselves, by `ours` and `peer`, once they ran.
  Map<String, JsonNode> versions() {
    return versions;
  }

  /// The case against one mode; empty when there is not even memory for one side at a time.
  Optional<Result> against(Mode mode) {
    long needed = Sides.bytes(shape, mode);
    long oursNeeded = Sides.bytes(shape, Mode.OURS);
    if (needed + (ours.isPresent() ? 0 : oursNeeded) <= Sides.available()) {
      return Optional.of(alternate(mode));
    }
    close(); // gives our memory back
    long available = Sides.available();
    if (Math.max(needed, oursNeeded) <= available) {
      return Optional.of(blocks(mode));
    }
    say(mode, "left out: it needs %,d MB and %,d are free", needed >> 20, available >> 20);
    return Optional.empty();
  }

  private Result alternate(Mode mode) {
    Side our = ours.orElseGet(this::startOurs);
    ours = Optional.of(our);
    List<Round> ourRounds = new ArrayList<>();
    List<Round> peerRounds = new ArrayList<>();
    Duration idle = Duration.ZERO;
    try (Side peer = startPeer(mode)) {
      rest();
      for (int i = 0; i < options.rounds(); i++) {
        idle = idle.plus(turn(our, peer, ourRounds));
        idle = idle.plus(turn(peer, our, peerRounds));
        say(mode, "round %d: ours %s, peer %s", i + 1, last(ourRounds), last(peerRounds));
      }
    }
    return new Result(shape, mode, ourRounds, peerRounds, differences(mode), true, idle);
  }

  /// One round of `busy`; returns the time that the other one took from it.
  private static Duration turn(Side busy, Side other, List<Round> rounds) {
    Duration before = other.processorTime();
    rounds.add(busy.round());
    Duration idle = other.processorTime().minus(before);
    rest();
    return idle;
  }

  /// Ours, peer, ours, peer: each block a process of its own with half of the rounds.
  private Result blocks(Mode mode) {
    List<Round> ourRounds = new ArrayList<>();
    List<Round> peerRounds = new ArrayList<>();
    for (int block = 0; block < 2; block++) {
      int rounds = block == 0 ? (options.rounds() + 1) / 2 : options.rounds() / 2;
      try (Side our = startOurs()) {
        run(our, rounds, ourRounds);
      }
      try (Side peer = startPeer(mode)) {
        run(peer, rounds, peerRounds);
      }
      say(mode, "block %d: ours %s, peer %s", block + 1, last(ourRounds), last(peerRounds));
    }
    return new Result(shape, mode, ourRounds, peerRounds, differences(mode), false, Duration.ZERO);
  }

  private static void run(Side side, int rounds, List<Round> into) {
    for (int i = 0; i < rounds; i++) {
      rest();
      into.add(side.round());
    }
  }

  private Side startOurs() {
    Side side = sides.ours();
    versions.put("ours", side.versions());
    load(side, Mode.OURS);
    for (int i = 1; i < options.warmUp(); i++) {
      Round unused = side.round();
    }
    return side;
  }

  private Side startPeer(Mode mode) {
    say(mode, "loading");
    Side side = sides.peer(mode);
    versions.put("peer", side.versions());
    load(side, mode);
    for (int i = 1; i < PEER_WARM_UP; i++) {
      Round unused = side.round();
    }
    return side;
  }

  /// Loads a side, and has it write what its first round gives.
  private void load(Side side, Mode mode) {
    side.ask(shape.load(mode, inputs(), options.threads()));
    Round unused = side.round();
    side.results(results(mode));
    if (shape.updates()) {
      side.rows(sample.rows(), results(mode));
    }
  }

  private Differences differences(Mode mode) {
    Differences differences = Differences.between(results(Mode.OURS), results(mode));
    if (!Double.isFinite(differences.largest())) {
      throw new IllegalStateException(shape + ", " + mode.label() + ": results are not finite");
    }
    return differences;
  }

  private Path inputs() {
    return folder.resolve("inputs");
  }

  /// Where a side writes its results; made here, so that Python need not.
  private Path results(Mode mode) {
    return RawFiles.folder(folder.resolve(mode.id()));
  }

  private void say(Mode mode, String what, Object... arguments) {
    progress.printf(
        Locale.ROOT, "%s, %s: %s%n", shape, mode.id(), String.format(Locale.ROOT, what, arguments));
  }

  private static String last(List<Round> rounds) {
    return String.format(Locale.ROOT, "%.1f ms", rounds.getLast().ms());
  }

  private static void rest() {
    try {
      Thread.sleep(REST_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted between two rounds", e);
    }
  }

  /// Ends our side, if it runs.
  @Override
  public void close() {
    ours.ifPresent(Side::close);
    ours = Optional.empty();
  }
}
