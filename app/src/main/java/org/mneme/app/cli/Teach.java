package org.mneme.app.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.app.run.ModelFiles;
import org.mneme.app.teach.TeachPlan;
import org.mneme.app.teach.TeachPlan.Method;
import org.mneme.app.teach.TeachPlan.Point;
import org.mneme.app.teach.Teaching;
import org.mneme.config.Binder;
import org.mneme.config.Printer;
import org.mneme.config.Settings;
import org.mneme.model.ArchitectureConfig;
import org.mneme.run.Recipes;
import org.mneme.run.RunConfig;
import org.mneme.run.StopSignal;
import org.mneme.tensor.Precision;
import org.mneme.tensor.environment.Environment.Cpu;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Teaches a causal model facts: the recipe `teach` from options.
@Command(
    name = "teach",
    description = {
      "Teach a frozen causal model facts through a memory.",
      "A file with a fact a line in, a model folder with a memory beside the feed-forward of one"
          + " late block out (RUN/final); all else stays as it was. A tab parts prompt and answer,"
          + " of which the answer alone is learnt; tables have a column for each. Prints what the"
          + " model knew before and knows afterwards: of the facts, of other facts, and of text of"
          + " another kind. It is the recipe teach (mneme recipes show teach) with these options as"
          + " settings; --set changes any other. SIGINT or SIGTERM saves a checkpoint and exits"
          + " with 75; --resume auto goes on."
    })
final class Teach implements Callable<Integer> {
  private static final double DEPTH = 0.8;
  private static final int RANK = 16;

  private final Console console;
  @Spec private @Nullable CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      converter = FinishedModel.class,
      description = "Folder of a GPT-2 or Llama, or of the run that made it.")
  private Path model = Path.of("");

  @Option(
      names = "--facts",
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description = "What to teach: files, globs in quotes, or folders.")
  private List<String> facts = List.of();

  @Option(names = "--out", required = true, paramLabel = "RUN", description = "Run folder.")
  private Path out = Path.of("");

  @Option(
      names = "--block",
      paramLabel = "N",
      description = "Block that gets the memory, counted from 0 (default: at 4/5 of the depth).")
  private @Nullable Integer block;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "Seconds of training (default: ${DEFAULT-VALUE}).")
  private double seconds = 120;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Times to go through the facts, instead of --seconds.")
  private @Nullable Double epochs;

  @Option(
      names = "--recall",
      paramLabel = "SHARE",
      description = "End as soon as this share of the facts' tokens is right, such as 0.95.")
  private @Nullable Double recall;

  @Option(
      names = "--value-rate",
      paramLabel = "X",
      description =
          "Learning rate of the memory's values: the dial between recall and forgetting (default:"
              + " that of the recipe).")
  private @Nullable Double valueRate;

  @Option(
      names = "--compare",
      split = ",",
      paramLabel = "METHOD=RATE",
      description =
          "Also teach in other ways for as long, between commas: memory=0.1 (a rate of values) or"
              + " adapters=0.003 (low-rank adapters of the block and those above).")
  private List<String> compared = List.of();

  @Option(
      names = "--other-facts",
      paramLabel = "FILE",
      description = "Facts that are not taught, to ask for (default: glosses of WordNet).")
  private @Nullable Path otherFacts;

  @Option(
      names = "--other-text",
      paramLabel = "FILE",
      description = "Text of another kind, a text a line (default: addresses of presidents).")
  private @Nullable Path otherText;

  @Mixin private final FileOptions files = new FileOptions();
  @Mixin private final RunOptions run = new RunOptions();
  @Mixin private final SettingChanges changes = new SettingChanges();

  Teach(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    ArchitectureConfig sizes = ModelFiles.config(model);
    int at = block == null ? (int) (DEPTH * sizes.layers()) : block;
    Settings common = Recipes.settings("teach").with(settings());
    Settings written = changes.in(common.with(List.of("model.memory.layers=[" + at + "]")));
    RunConfig config = Binder.bind(written, RunConfig.class);
    List<Point> points = new ArrayList<>();
    for (String one : compared) {
      points.add(point(one, at, sizes.layers(), written));
    }
    var plan =
        new TeachPlan(
            config, config.optimizer().valueLearningRate(), points, otherFacts, otherText);
    console.note(Printer.yaml(config, false).stripTrailing());
    StopSignal stop = new StopSignal(() -> console.note("Stopping after what is under way"));
    try {
      return new Teaching(console, plan, out, CommandLines.typed(spec), stop)
          .runAndReport(run.resume(), run.json());
    } catch (CancellationException e) {
      return run.stoppedBefore(console, String.valueOf(e.getMessage()));
    }
  }

  private List<String> settings() {
    List<String> settings = new ArrayList<>();
    settings.add(Settings.assignment("model.path", model.toString()));
    settings.add(Settings.assignment("data.train", facts.stream().map(files::written).toList()));
    settings.add(Settings.assignment("data.badRecords", files.badRecords()));
    settings.add(
        Settings.assignment(
            "train.stop",
            epochs == null ? Map.of("minutes", seconds / 60) : Map.of("epochs", epochs)));
    boolean bfloat16 = Cpu.ofMachine().multipliesBfloat16();
    settings.add(
        Settings.assignment(
            "precision", (bfloat16 ? Precision.BFLOAT16 : Precision.FLOAT32).label()));
    if (recall != null) {
      settings.add("train.stop.target={metric: accuracy, above: " + recall + "}");
      settings.add("train.evaluateEvery=25");
    }
    if (valueRate != null) {
      settings.add("optimizer.valueLearningRate=" + valueRate);
    }
    return settings;
  }

  private Point point(String written, int at, int layers, Settings settings) {
    String[] parts = written.split("=", -1);
    double rate;
    try {
      rate = parts.length == 2 ? Double.parseDouble(parts[1]) : Double.NaN;
    } catch (NumberFormatException e) {
      rate = Double.NaN;
    }
    if (!(rate > 0)) {
      throw unknown(written);
    }
    return switch (parts[0]) {
      case "memory" ->
          point(Method.MEMORY, rate, settings.with(List.of("optimizer.valueLearningRate=" + rate)));
      case "adapters" -> {
        List<Integer> blocks = new ArrayList<>();
        for (int i = at; i < layers; i++) {
          blocks.add(i);
        }
        yield point(
            Method.ADAPTERS,
            rate,
            settings.with(
                List.of(
                    "model.memory=null",
                    "model.adapters={layers: %s, rank: %d, alpha: %d}"
                        .formatted(blocks, RANK, 2 * RANK),
                    "optimizer.learningRate=" + rate)));
      }
      default -> throw unknown(written);
    };
  }

  private static Point point(Method method, double rate, Settings settings) {
    return new Point(method, rate, Binder.bind(settings, RunConfig.class));
  }

  private static InvalidInputException unknown(String written) {
    return InvalidInputException.config(
        "--compare",
        "\"" + written + "\" is neither memory=RATE nor adapters=RATE, such as adapters=0.003");
  }
}
