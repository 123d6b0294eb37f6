package org.mneme.benchmarks.peers;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.mneme.bench.Comparison;
import org.mneme.bench.Duel;
import org.mneme.bench.Outcome;
import org.mneme.bench.Round;
import org.mneme.bench.Setting;
import tools.jackson.databind.json.JsonMapper;

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
  private Optional<Setting> setting = Optional.empty();
  private Optional<Side> ours = Optional.empty();

  /// Writes the inputs of the case below `folder`.
  Match(Options options, Sides sides, Shape shape, Path folder, PrintStream progress) {
    this.options = options;
    this.sides = sides;
    this.shape = shape;
    this.folder = folder;
    this.progress = progress;
    shape.writeInputs(RawFiles.folder(inputs()));
  }

  /// What the sides say of themselves, once both ran.
  Optional<Setting> setting() {
    return setting;
  }

  /// The case against one mode; empty when there is not even memory for one side at a time.
  Optional<Comparison> against(Mode mode) {
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

  private Comparison alternate(Mode mode) {
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
    return comparison(mode, ourRounds, peerRounds, Optional.of(idle));
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
  private Comparison blocks(Mode mode) {
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
    return comparison(mode, ourRounds, peerRounds, Optional.empty());
  }

  private static void run(Side side, int rounds, List<Round> into) {
    for (int i = 0; i < rounds; i++) {
      rest();
      into.add(side.round());
    }
  }

  private Side startOurs() {
    Side side = sides.ours();
    setting = Optional.of(JsonMapper.shared().treeToValue(side.versions(), Setting.class));
    load(side, Mode.OURS);
    double ms = 0;
    for (int i = 1; i < options.warmUp() || ms < options.warmUp() * Duel.LEAST_WARM_UP_MS; i++) {
      ms += side.round().ms();
    }
    return side;
  }

  private Side startPeer(Mode mode) {
    say(mode, "loading");
    Side side = sides.peer(mode);
    Map<String, String> versions = new LinkedHashMap<>();
    side.versions().properties().forEach(e -> versions.put(e.getKey(), e.getValue().asString()));
    setting = setting.map(ours -> ours.with(versions));
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
    if (shape.name().equals("step") || shape.name().equals("tableBackward")) {
      side.rows(Outcome.sample(slots(), shape.sizes()), results(mode));
    }
  }

  /// The slots that are read: given, or as ours found them, which always is the first to be loaded.
  private int[] slots() {
    Path given = inputs().resolve("slots");
    Path found = results(Mode.OURS).resolve("slots");
    return RawFiles.ints(Files.exists(given) ? given : found);
  }

  /// @param idle processor time that sides used while it was the other's turn; empty if they took
  ///   turns in blocks of rounds, as there was no memory for both
  private Comparison comparison(
      Mode mode, List<Round> ours, List<Round> peer, Optional<Duration> idle) {
    Outcome ourOutcome = OutcomeFiles.read(results(Mode.OURS));
    Outcome peerOutcome = OutcomeFiles.read(results(mode));
    Map<String, Double> differences = ourOutcome.differences(peerOutcome);
    double largest = differences.values().stream().mapToDouble(d -> d).max().orElse(Double.NaN);
    if (!Double.isFinite(largest)) {
      throw new IllegalStateException(
          shape + ", " + mode.label() + ": results are not finite: " + differences);
    }
    Map<String, Object> more = new LinkedHashMap<>();
    more.put("differences", differences);
    int others = ourOutcome.otherSlots(peerOutcome);
    more.put("otherSlots", others);
    if (others > 0) {
      more.put("differenceWhereReadsAgree", ourOutcome.differenceWhereReadsAgree(peerOutcome));
    }
    more.put("alternating", idle.isPresent());
    setting.ifPresent(here -> more.put("kernels", here.versions().get("kernels")));
    idle.ifPresent(time -> more.put("idleMs", time.toMillis()));
    return new Comparison(
        shape.name(), shape.sizes(), shape.dtype(), mode.label(), ours, peer, largest, more);
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
