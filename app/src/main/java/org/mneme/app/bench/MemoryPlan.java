package org.mneme.app.bench;

import java.util.List;
import org.mneme.bench.Duel;
import org.mneme.bench.Sizes;

/// How much is measured.
///
/// @param kernels where implementations are compared
/// @param large where bandwidth rules
/// @param costs sizes whose cost for each token is compared with that of `costBase`
/// @param rounds of each side
public record MemoryPlan(
    Sizes kernels, Sizes large, List<Sizes> costs, Sizes costBase, Duel.Rounds rounds) {
  private static final int WARM_UP = 20;
  private static final int QUICK_WARM_UP = 2;
  private static final int QUICK_TOKENS = 64;

  /// The sizes of the project's goals.
  public static MemoryPlan full(int rounds) {
    return new MemoryPlan(
        new Sizes(512, 768),
        new Sizes(1024, 768),
        List.of(narrow(256), narrow(512), narrow(1024), narrow(2048), narrow(4096)),
        narrow(512),
        new Duel.Rounds(WARM_UP, rounds));
  }

  /// Small ones, to see that all of it runs: the figures say little.
  public static MemoryPlan quick(int rounds) {
    Sizes small = new Sizes(64, 64, QUICK_TOKENS);
    Sizes smaller = new Sizes(32, 64, QUICK_TOKENS);
    return new MemoryPlan(
        small, small, List.of(smaller, small), smaller, new Duel.Rounds(QUICK_WARM_UP, rounds));
  }

  private static Sizes narrow(int keysPerSide) {
    return new Sizes(keysPerSide, 64);
  }
}
