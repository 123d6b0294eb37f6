package org.mneme.app.bench;

import java.util.List;
import org.mneme.InvalidInputException;
import org.mneme.bench.Duel;
import org.mneme.bench.ModelSetting;
import org.mneme.bench.ModelSetting.Reads;
import org.mneme.bench.ModelSetting.Task;
import org.mneme.bench.Sizes;

/// How much is measured.
///
/// @param kernels where implementations are compared
/// @param large where bandwidth rules
/// @param costs sizes whose costs for each token are compared
/// @param models that are compared with the same without a memory
/// @param rounds of each side
/// @param cases names of those that are run; all if there are none
public record MemoryPlan(
    Sizes kernels,
    Sizes large,
    List<Cost> costs,
    List<ModelSetting> models,
    Duel.Rounds rounds,
    List<String> cases) {
  /// Two sizes of a layer.
  record Cost(Sizes sizes, Sizes base) {}

  private static final List<String> CASES =
      List.of(
          "search",
          "read",
          "tableBackward",
          "step",
          "readBandwidth",
          "tokenCost",
          "modelStep",
          "modelInference");
  private static final int WIDTH = 768;
  private static final int WARM_UP = 20;
  private static final int QUICK_WARM_UP = 2;
  private static final int QUICK_TOKENS = 64;

  /// The sizes of the project's goals.
  public static MemoryPlan full(int rounds) {
    return new MemoryPlan(
        new Sizes(512, WIDTH),
        new Sizes(1024, WIDTH),
        List.of(
            new Cost(new Sizes(256, WIDTH), new Sizes(512, WIDTH)),
            new Cost(new Sizes(1024, WIDTH), new Sizes(512, WIDTH)),
            new Cost(new Sizes(2048, 256, WIDTH), new Sizes(512, WIDTH)),
            new Cost(narrow(4096), new Sizes(512, WIDTH)),
            new Cost(narrow(256), narrow(512)),
            new Cost(narrow(1024), narrow(512)),
            new Cost(narrow(2048), narrow(512)),
            new Cost(narrow(4096), narrow(512))),
        models(32, 128, 512),
        new Duel.Rounds(WARM_UP, rounds),
        List.of());
  }

  /// Small ones, to see that all of it runs: the figures say little.
  public static MemoryPlan quick(int rounds) {
    Sizes small = new Sizes(64, 64, 64, QUICK_TOKENS);
    Sizes smaller = new Sizes(32, 32, 64, QUICK_TOKENS);
    return new MemoryPlan(
        small,
        small,
        List.of(new Cost(small, smaller)),
        models(4, 20, 32),
        new Duel.Rounds(QUICK_WARM_UP, rounds),
        List.of());
  }

  /// The same with no more than these cases, all if there are none.
  public MemoryPlan only(List<String> names) {
    for (String name : names) {
      if (!CASES.contains(name)) {
        throw InvalidInputException.config(
            "--cases", name + " is none; there are " + String.join(", ", CASES));
      }
    }
    return new MemoryPlan(kernels, large, costs, models, rounds, names);
  }

  /// Whether a case is wanted.
  boolean runs(String name) {
    return cases.isEmpty() || cases.contains(name);
  }

  /// A step whose memory is read at targets and everywhere, inference, and what fewer heads and
  /// narrower queries save.
  private static List<ModelSetting> models(int texts, int time, int keysPerSide) {
    return List.of(
        new ModelSetting(Task.STEP, texts, time, Reads.TARGETS, keysPerSide, 4, 512),
        new ModelSetting(Task.STEP, texts, time, Reads.ALL, keysPerSide, 4, 512),
        new ModelSetting(Task.INFERENCE, texts, time, Reads.ALL, keysPerSide, 4, 512),
        new ModelSetting(Task.INFERENCE, texts, time, Reads.ALL, keysPerSide, 4, 256),
        new ModelSetting(Task.INFERENCE, texts, time, Reads.ALL, keysPerSide, 2, 512));
  }

  private static Sizes narrow(int keysPerSide) {
    return new Sizes(keysPerSide, 64, WIDTH);
  }
}
