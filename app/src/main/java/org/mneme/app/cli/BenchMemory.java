package org.mneme.app.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.mneme.app.bench.MemoryBench;
import org.mneme.app.bench.MemoryPlan;
import org.mneme.bench.Comparisons;
import org.mneme.bench.Setting;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Measures the memory against itself.
@Command(
    name = "memory",
    description = {
      "Measure the memory: its kernels against plain Java and libtorch's operations, bfloat16"
          + " tables against float32, large tables against small ones, reading rows against reading"
          + " a stream, a model with a memory against the same without.",
      "Both sides take turns, round by round, on the same inputs. Takes some minutes and most of 24"
          + " GB; what does not fit is left out. Against Python's PyTorch: benchmarks/peers/run"
          + " memory."
    })
final class BenchMemory implements Callable<Integer> {
  private static final int ROUNDS = 15;
  private static final int QUICK_ROUNDS = 3;

  private final Console console;

  @Option(names = "--json", description = "Print the results as JSON.")
  private boolean json;

  @Option(
      names = "--quick",
      description = "Small sizes and few rounds, to see that all of it runs.")
  private boolean quick;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Timed rounds of each side (default: 15, with --quick 3).")
  private int rounds;

  @Option(
      names = "--cases",
      paramLabel = "NAME",
      split = ",",
      description = "Only these, by their name in the results, such as read or tokenCost.")
  private List<String> cases = List.of();

  BenchMemory(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    MemoryPlan plan =
        quick
            ? MemoryPlan.quick(rounds > 0 ? rounds : QUICK_ROUNDS)
            : MemoryPlan.full(rounds > 0 ? rounds : ROUNDS);
    Setting setting = Setting.here();
    Comparisons all = new Comparisons(setting, new MemoryBench(plan.only(cases), console).run());
    if (json) {
      console.json(all.json());
    } else {
      console.result(all.text().stripTrailing());
    }
    return ExitCode.OK;
  }
}
