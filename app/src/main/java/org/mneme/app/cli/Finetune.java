package org.mneme.app.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.app.run.SeededRuns;
import org.mneme.config.Binder;
import org.mneme.config.Printer;
import org.mneme.config.Settings;
import org.mneme.run.Recipes;
import org.mneme.run.Resume;
import org.mneme.run.RunConfig;
import org.mneme.run.StopSignal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Fine-tunes a model for a task: the recipe `finetune` from options.
@Command(
    name = "finetune",
    description = {
      "Fine-tune a model for a task.",
      "Labelled files in, a Hugging Face folder with the task's head out (RUN/final). Tasks:"
          + " classification, multi-label, regression, tokens, questions, choice; masked and causal"
          + " are language models and read texts. It is the recipe finetune (mneme recipes show"
          + " finetune) with these options as settings; --set changes any other. SIGINT or SIGTERM"
          + " saves a checkpoint and exits with 75; --resume auto goes on."
    })
final class Finetune implements Callable<Integer> {
  private static final List<String> LABELLED =
      Stream.concat(LabelledOptions.NAMES.stream(), Stream.of("--new-head", "--stride")).toList();
  private static final Set<String> LANGUAGE = Set.of(TaskNames.MASKED, TaskNames.CAUSAL);

  private final Console console;
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--task",
      required = true,
      paramLabel = "TASK",
      converter = TaskNames.class,
      completionCandidates = TaskNames.class,
      description = "What is learnt: ${COMPLETION-CANDIDATES}.")
  private String task = "";

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "Model folder.")
  private String model = "";

  @Option(
      names = "--train",
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description = "What to train on: files, globs in quotes, or folders.")
  private List<String> train = List.of();

  @Option(
      names = "--dev",
      arity = "1..*",
      paramLabel = "FILE",
      description = "What to evaluate on.")
  private List<String> dev = List.of();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "RUN",
      description = "Run folder; of several seeds the folder around theirs.")
  private Path out = Path.of("");

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Times to go through the training data (default: ${DEFAULT-VALUE}).")
  private double epochs = 3;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Examples in a batch (default: ${DEFAULT-VALUE}).")
  private int batch = 32;

  @Option(
      names = "--max-length",
      paramLabel = "TOKENS",
      description = "The most tokens in a row (default: ${DEFAULT-VALUE}).")
  private int maxLength = 128;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      description = "Learning rate (default: ${DEFAULT-VALUE}).")
  private double learningRate = 5e-5;

  @Option(
      names = "--labels",
      split = ",",
      paramLabel = "NAME",
      description = "Labels by their ids, between commas (default: those of the data, sorted).")
  private List<String> labels = List.of();

  @Option(names = "--new-head", description = "Take a fresh head although the model has one.")
  private boolean newHead;

  @Option(
      names = "--stride",
      paramLabel = "TOKENS",
      description = "Tokens that windows of a long text share (default: ${DEFAULT-VALUE}).")
  private int stride = 128;

  @Mixin private final FileOptions files = new FileOptions();
  @Mixin private final ColumnOptions columns = new ColumnOptions();
  @Mixin private final AnswerOptions answers = new AnswerOptions();
  @Mixin private final PartialOptions partial = new PartialOptions();
  @Mixin private final RunOptions run = new RunOptions();
  @Mixin private final SettingChanges changes = new SettingChanges();

  @Option(
      names = "--seeds",
      split = ",",
      paramLabel = "N",
      description =
          "Seeds, between commas: a run for each, mean and deviation of all (default: 1, or the"
              + " seed that --set gives).")
  private List<Long> seeds = List.of();

  Finetune(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Settings written = changes.in(Recipes.settings("finetune").with(settings()));
    RunConfig config = Binder.bind(partial.in(written), RunConfig.class);
    List<Long> wanted = seeds(config);
    Resume from = run.resume();
    if (from instanceof Resume.From && wanted.size() > 1) {
      throw InvalidInputException.config(
          "--resume", "it is one checkpoint for several seeds; give auto or none");
    }
    console.note(Printer.yaml(config.withOut(out.toString()), false).stripTrailing());
    StopSignal stop = new StopSignal(() -> console.note("Stopping after what is under way"));
    var runs = new SeededRuns(console, config, wanted, out, CommandLines.typed(spec), stop);
    SeededRuns.Results results;
    try {
      results = runs.run(from);
    } catch (CancellationException e) {
      return run.stoppedBefore(console, String.valueOf(e.getMessage()));
    }
    if (run.json()) {
      console.json(results.figures());
    } else {
      console.result(results.summary());
    }
    return results.stopped() ? ExitCode.STOPPED : ExitCode.OK;
  }

  private List<Long> seeds(RunConfig config) {
    if (seeds.isEmpty()) {
      return List.of(config.seed());
    }
    if (seeds.stream().distinct().count() < seeds.size()) {
      throw InvalidInputException.config("--seeds", seeds + " names one twice; give each once");
    }
    if (changes.change("seed")) {
      throw InvalidInputException.config(
          "--seeds", seeds + " and --set seed= contradict each other; give one of them");
    }
    return seeds;
  }

  private List<String> settings() {
    boolean language = LANGUAGE.contains(task);
    if (language) {
      requireTexts();
    }
    List<String> settings = new ArrayList<>();
    settings.add(Settings.assignment("model.path", model));
    settings.add(Settings.assignment("data.train", sources(train)));
    settings.add(Settings.assignment("data.dev", sources(dev)));
    settings.add(Settings.assignment("data.badRecords", files.badRecords()));
    int tokens = language ? batch * maxLength : Math.max(1280, maxLength);
    settings.add(Settings.assignment("data.batches.maxLength", maxLength));
    settings.add(Settings.assignment("data.batches.tokensPerBatch", tokens));
    settings.add(Settings.assignment("train.stop", Map.of("epochs", epochs)));
    settings.add(Settings.assignment("optimizer.learningRate", learningRate));
    settings.add(
        Settings.assignment(
            "objective", language ? Map.of("type", task) : Map.of("type", "task", "task", task)));
    if (!language) {
      settings.add(Settings.assignment("objective.batch", batch));
      settings.add(Settings.assignment("objective.labels", labels));
      settings.add(Settings.assignment("objective.newHead", newHead));
      settings.add(Settings.assignment("objective.stride", stride));
      settings.add(Settings.assignment("objective.columns", columns.columns()));
      settings.add(Settings.assignment("objective.answers", answers.answers()));
    }
    return settings;
  }

  /// Throws where an option was given that means nothing for texts without labels.
  private void requireTexts() {
    CommandLines.refuse(
        spec, LABELLED, "is for labelled examples, and --task " + task + " reads texts");
  }

  private List<Object> sources(List<String> paths) {
    String column = LANGUAGE.contains(task) ? columns.columns().text() : null;
    return paths.stream()
        .map(path ->
            column == null
                ? files.written(path)
                : Printer.tree(files.source(path).withColumn(column)))
        .toList();
  }
}
