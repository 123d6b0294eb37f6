package org.mneme.app.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mneme.app.bench.VocabularyBench;
import org.mneme.app.bench.VocabularyPlan;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Measures what partial embeddings save.
@Command(
    name = "vocabulary",
    description = {
      "Measure what training saves that has rows in memory for the words of the data alone: peak"
          + " memory against 16 bytes a number that is left out, and the time of a step against"
          + " training with all rows.",
      "Three trainings: texts are classified with an encoder of 30,522 words of which a fifth is"
          + " used and with one of 250,002 of which a tenth is, and masked words guessed. Both"
          + " sides take turns, a process each; some minutes, 3 GB of memory, 1 GB of disk. Needs"
          + " Linux."
    })
final class BenchVocabulary implements Callable<Integer> {
  private static final int ROUNDS = 5;
  private static final int STEPS = 20;
  private static final int QUICK_ROUNDS = 1;
  private static final int QUICK_STEPS = 2;

  private final Console console;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description =
          "Encoder to train and to grow to 250,002 words (default: one of MiniLM's sizes with drawn"
              + " weights).")
  private @Nullable Path model;

  @Mixin private final BenchOptions options = new BenchOptions();

  BenchVocabulary(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    int rounds = options.rounds(ROUNDS, QUICK_ROUNDS);
    VocabularyPlan sizes =
        options.quick()
            ? VocabularyPlan.quick(QUICK_STEPS, rounds)
            : VocabularyPlan.full(STEPS, rounds);
    VocabularyPlan plan = model == null ? sizes : sizes.with(model);
    VocabularyBench.Report report = new VocabularyBench(plan, console).run(options.cases());
    options.print(console, report.json(), report.table());
    return ExitCode.OK;
  }
}
