package org.mneme.bench;

import java.util.ArrayList;
import java.util.List;

/// Two stages that take turns, round by round, in one process.
///
/// @param ours the one that is looked at
/// @param theirs the one it is compared with
public record Duel(Stage ours, Stage theirs) {
  /// Of each warm-up round: where rounds are short there are more, as the compiler needs its time.
  public static final double LEAST_WARM_UP_MS = 100;

  private static final long REST_MS = 150;
  private static final double WARM_UP_MS = 15_000;

  /// How many rounds.
  ///
  /// @param warmUp before the timed ones, for the JVM's compiler; fewer where they take long
  /// @param timed those that count
  public record Rounds(int warmUp, int timed) {}

  /// What came out.
  ///
  /// @param ours timed rounds
  /// @param theirs timed rounds
  /// @param largestDifference largest absolute difference of what the first runs gave, if they gave
  ///   the same kind of thing for a memory of the same size
  public record Times(List<Round> ours, List<Round> theirs, double largestDifference) {}

  /// Runs both, which have not run before.
  public Times run(Rounds rounds) {
    double first = ours.run().ms();
    double theirFirst = theirs.run().ms();
    double difference =
        ours.sizes().equals(theirs.sizes())
            ? Outcome.of(ours).largestDifference(Outcome.of(theirs))
            : 0;
    warmUp(ours, first, rounds.warmUp);
    warmUp(theirs, theirFirst, rounds.warmUp);
    List<Round> ourRounds = new ArrayList<>();
    List<Round> theirRounds = new ArrayList<>();
    for (int i = 0; i < rounds.timed; i++) {
      rest();
      ourRounds.add(ours.run());
      rest();
      theirRounds.add(theirs.run());
    }
    return new Times(ourRounds, theirRounds, difference);
  }

  private static void warmUp(Stage stage, double first, int rounds) {
    double ms = first;
    double least = rounds * LEAST_WARM_UP_MS;
    for (int i = 1; (i < rounds || ms < least) && ms < WARM_UP_MS; i++) {
      ms += stage.run().ms();
    }
  }

  /// Until the threads of the other one, which spin for a while when their work is done, sleep.
  private static void rest() {
    try {
      Thread.sleep(REST_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted between two rounds", e);
    }
  }
}
