package org.mneme.app.cli;

import java.util.concurrent.Callable;
import org.mneme.app.bench.MemoryBench;
import org.mneme.app.bench.MemoryPlan;
import org.mneme.bench.Comparisons;
import org.mneme.bench.Setting;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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

  @Mixin private final BenchOptions options = new BenchOptions();

  BenchMemory(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    int rounds = options.rounds(ROUNDS, QUICK_ROUNDS);
    MemoryPlan plan = options.quick() ? MemoryPlan.quick(rounds) : MemoryPlan.full(rounds);
    Setting setting = Setting.here();
    MemoryPlan asked = plan.only(options.cases());
    Comparisons all = new Comparisons(setting, new MemoryBench(asked, console).run());
    options.print(console, all.json(), all.text());
    return ExitCode.OK;
  }
}
