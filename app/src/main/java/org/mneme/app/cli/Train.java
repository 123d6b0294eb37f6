package org.mneme.app.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.app.run.MaskedTraining;
import org.mneme.run.StopSignal;
import org.mneme.train.OptimizerConfig;
import org.mneme.train.RevivalConfig;
import org.mneme.train.Schedule;
import org.mneme.train.StopConfig;
import org.mneme.train.TrainConfig;
import org.mneme.train.Trainer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Trains a masked language model on text.
@Command(
    name = "train",
    description = {
      "Train a masked language model on text.",
      "An encoder without a masked-LM head gets one. The run folder holds the settings,"
          + " metrics.jsonl, a checkpoint, the model (final/) and a page. SIGINT or SIGTERM saves a"
          + " checkpoint and exits with 75; --resume goes on."
    })
final class Train implements Callable<Integer> {
  private final Console console;
  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "Model folder.")
  private Path model = Path.of("");

  @Option(
      names = "--text",
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description = "Text files to learn from, an example a line (.gz too).")
  private List<Path> texts = List.of();

  @Option(
      names = "--dev",
      arity = "1..*",
      paramLabel = "FILE",
      description = "Held-out text files to evaluate on.")
  private List<Path> dev = List.of();

  @Option(names = "--out", required = true, paramLabel = "RUN", description = "Run folder.")
  private Path out = Path.of("");

  @Option(names = "--resume", description = "Go on from the run's last checkpoint.")
  private boolean resume;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Steps (default: 1000 if no --minutes).")
  private @Nullable Long steps;

  @Option(names = "--minutes", paramLabel = "M", description = "Minutes of training.")
  private @Nullable Double minutes;

  @Option(
      names = "--tokens-per-batch",
      paramLabel = "N",
      description = "Tokens in a batch (default: ${DEFAULT-VALUE}).")
  private int tokensPerBatch = 1280;

  @Option(
      names = "--max-length",
      paramLabel = "TOKENS",
      description = "Cut longer lines (default: ${DEFAULT-VALUE}).")
  private int maxLength = 128;

  @Option(
      names = "--learning-rate",
      paramLabel = "R",
      description = "Of everything but values (default: ${DEFAULT-VALUE}).")
  private double learningRate = 5e-4;

  @Option(
      names = "--value-learning-rate",
      paramLabel = "R",
      description = "Of the rows of memories (default: ${DEFAULT-VALUE}).")
  private double valueLearningRate = 5e-2;

  @Option(
      names = "--weight-decay",
      paramLabel = "D",
      description = "Of matrices (default: ${DEFAULT-VALUE}).")
  private double weightDecay = 0.01;

  @Option(
      names = "--schedule",
      paramLabel = "HOW",
      description = "Of both rates: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Decay schedule = Decay.LINEAR;

  @Option(
      names = "--warmup",
      paramLabel = "STEPS",
      description = "Steps of warm-up (default: ${DEFAULT-VALUE}).")
  private long warmup = 20;

  @Option(
      names = "--clip",
      paramLabel = "NORM",
      description = "Largest gradient norm but for values; 0 for none (default: ${DEFAULT-VALUE}).")
  private double clip = 1;

  @Option(
      names = "--value-clip",
      paramLabel = "NORM",
      description = "The same of each value table (default: none).")
  private double valueClip;

  @Option(
      names = "--freeze",
      split = ",",
      paramLabel = "PATTERN",
      description = "Parameters that stay, as globs; backbone stands for all but memories.")
  private List<String> freeze = List.of();

  @Option(
      names = "--dropout",
      paramLabel = "P",
      description =
          "Dropout (default: ${DEFAULT-VALUE}; it costs time, and lines are seen few times).")
  private double dropout;

  @Option(
      names = "--maskings",
      paramLabel = "N",
      description =
          "Mask each line in so many ways that come round again; if all but a memory in the last"
              + " block is frozen, the frozen part runs once for each (default: always new).")
  private int maskings;

  @Option(
      names = "--revive",
      paramLabel = "WHAT",
      description =
          "Draw anew what memories hardly read: keys or slots, with settings where they are not"
              + " the usual, as in keys,window=100,threshold=0.1,noise=0.1 (default: nothing).")
  private String revive = "nothing";

  @Option(
      names = "--evaluate-every",
      paramLabel = "STEPS",
      description = "Steps between evaluations on --dev (default: only at the end).")
  private long evaluateEvery;

  @Mixin private final MaskingOptions masking = new MaskingOptions();

  @Option(names = "--seed", paramLabel = "N", description = "Seed (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  Train(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    if (evaluateEvery > 0 && dev.isEmpty()) {
      throw InvalidInputException.config(
          "--evaluate-every", "needs a text to evaluate on; give --dev");
    }
    MaskedTraining.Settings settings =
        new MaskedTraining.Settings(
            model,
            texts,
            dev,
            out,
            masking.masking(),
            tokensPerBatch,
            maxLength,
            maskings,
            dropout,
            new Trainer.Settings(trainConfig(), optimizerConfig(), seed));
    StopSignal stop = new StopSignal(() -> console.note("Stopping after this step"));
    MaskedTraining.Result result =
        new MaskedTraining(console, settings, stop).run(resume, CommandLines.typed(spec));
    if (json) {
      console.json(result.figures());
    } else {
      console.result(result.summary());
    }
    return result.stopped() ? ExitCode.STOPPED : ExitCode.OK;
  }

  private TrainConfig trainConfig() {
    long limit = steps != null ? steps : minutes == null ? 1000 : 0;
    return TrainConfig.DEFAULT.with(train -> {
      train.stop = new StopConfig(limit, 0, 0, minutes == null ? 0 : minutes, null);
      train.freeze = freeze;
      train.evaluateEvery = evaluateEvery;
      train.revival = RevivalConfig.parse(revive);
    });
  }

  private OptimizerConfig optimizerConfig() {
    return OptimizerConfig.DEFAULT.with(optimizer -> {
      optimizer.learningRate = learningRate;
      optimizer.valueLearningRate = valueLearningRate;
      optimizer.weightDecay = weightDecay;
      optimizer.clipNorm = clip;
      optimizer.valueClipNorm = valueClip;
      optimizer.schedule =
          switch (schedule) {
            case CONSTANT -> new Schedule.Constant(warmup);
            case LINEAR -> new Schedule.Linear(warmup);
            case COSINE -> new Schedule.Cosine(warmup);
          };
    });
  }

  /// How rates fall.
  private enum Decay {
    CONSTANT,
    LINEAR,
    COSINE
  }
}
