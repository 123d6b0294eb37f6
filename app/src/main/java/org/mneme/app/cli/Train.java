package org.mneme.app.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.app.run.TrainingResult;
import org.mneme.app.run.TrainingRun;
import org.mneme.config.Binder;
import org.mneme.config.Printer;
import org.mneme.run.Resume;
import org.mneme.run.RunConfig;
import org.mneme.run.StopSignal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Trains a language model.
@Command(
    name = "train",
    description = {
      "Train a language model as a file of settings says.",
      "The run folder holds the settings, metrics.jsonl, events for TensorBoard, checkpoints, the"
          + " model (final/) and a page; mneme watch follows it. SIGINT or SIGTERM saves a"
          + " checkpoint and exits with 75; --resume auto goes on. While texts are being tokenised"
          + " it keeps their tokens instead."
    })
final class Train implements Callable<Integer> {
  private final Console console;
  @Spec private @Nullable CommandSpec spec;
  @Mixin private final SettingsOptions settings = new SettingsOptions();
  @Mixin private final PartialOptions partial = new PartialOptions();
  @Mixin private final RunOptions run = new RunOptions();

  @Option(
      names = "--out",
      paramLabel = "RUN",
      description = "Run folder (default: the settings' out).")
  private @Nullable Path out;

  Train(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    RunConfig config = Binder.bind(partial.in(settings.written()), RunConfig.class);
    Path folder = out != null ? out : config.out() == null ? null : Path.of(config.out());
    if (folder == null) {
      throw InvalidInputException.config("--out", "no run folder is named; give --out RUN, or out");
    }
    Resume from = run.resume();
    console.note(Printer.yaml(config.withOut(folder.toString()), false).stripTrailing());
    StopSignal stop = new StopSignal(() -> console.note("Stopping after what is under way"));
    TrainingResult result;
    try {
      result = new TrainingRun(console, config, folder, CommandLines.typed(spec), stop).run(from);
    } catch (CancellationException e) {
      return run.stoppedBefore(console, String.valueOf(e.getMessage()));
    }
    if (run.json()) {
      console.json(result.figures());
    } else {
      console.result(result.summary());
    }
    return result.stopped() ? ExitCode.STOPPED : ExitCode.OK;
  }
}
