package org.mneme.app.teach;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.app.cli.Console;
import org.mneme.app.cli.ExitCode;
import org.mneme.app.run.PeakMemory;
import org.mneme.app.run.TrainingResult;
import org.mneme.app.run.TrainingRun;
import org.mneme.app.teach.TeachPlan.Method;
import org.mneme.checkpoint.AtomicFile;
import org.mneme.checkpoint.AtomicFolder;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.task.TaskReading;
import org.mneme.evaluate.MemoryUse;
import org.mneme.memory.UsageReport;
import org.mneme.model.ArchitectureConfig;
import org.mneme.run.Resume;
import org.mneme.run.RunConfig;
import org.mneme.run.RunFolder;
import org.mneme.run.RunModel;
import org.mneme.run.RunRecord;
import org.mneme.text.Tokenizer;
import org.mneme.train.ObjectiveConfig;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Teaches a frozen causal model facts through a memory, and measures what it knew before and knows
/// afterwards; where asked, other ways of teaching too, for the same time.
public final class Teaching {
  private static final String BEFORE = "before.json";
  private static final String POINT = "taught.json";
  private static final String RESULT = "teach.json";

  private final Console console;
  private final TeachPlan plan;
  private final Path out;
  private final String command;
  private final BooleanSupplier stop;

  /// @param out the run folder
  /// @param command as it was typed
  /// @param stop whether to stop after the step under way
  public Teaching(Console console, TeachPlan plan, Path out, String command, BooleanSupplier stop) {
    this.console = console;
    this.plan = plan;
    this.out = out;
    this.command = command;
    this.stop = stop;
  }

  /// What the run came to.
  ///
  /// @param taught the run's own first, then those compared with
  /// @param use of the memory while the facts were asked for, by block
  record Result(
      Knowledge before,
      TrainingResult training,
      List<Taught> taught,
      Map<Integer, UsageReport> use,
      long peakBytes,
      Path report) {
    Taught own() {
      return taught.getFirst();
    }

    Map<String, Object> figures() {
      Map<String, Object> figures = new LinkedHashMap<>();
      figures.put("before", before.figures());
      figures.put("after", own().after().figures());
      figures.put("seconds", training.outcome().seconds());
      figures.put("steps", training.outcome().steps());
      figures.put("msPerStep", training.outcome().msPerStep());
      figures.put(
          "usage", use.isEmpty() ? Map.of() : MemoryUse.figures(use.values().iterator().next()));
      figures.put("peakBytes", peakBytes);
      figures.put("taught", taught.stream().map(Taught::figures).toList());
      figures.put("model", String.valueOf(training.model()));
      figures.put("report", report.toString());
      return figures;
    }
  }

  /// Runs all of it, or until it has to stop; prints the result and writes the page. Returns the
  /// exit code.
  public int runAndReport(Resume resume, boolean json) throws IOException {
    try (Tokenizer tokenizer = Tokenizer.load(RunModel.tokenizer(plan.config().model()));
        PeakMemory peak = new PeakMemory()) {
      Exam exam = exam(tokenizer);
      Knowledge before = before(exam, resume);
      console.note("Before: " + TeachReport.line(before));
      TrainingResult training = run(plan.config(), out, resume);
      if (training.stopped()) {
        return stopped(training, json);
      }
      Path model = Path.of(String.valueOf(training.model()));
      List<Taught> taught = new ArrayList<>();
      Map<Integer, UsageReport> use = new LinkedHashMap<>();
      long bytes = peak.take();
      try (PretrainedModel loaded = PretrainedModel.load(model)) {
        use.putAll(
            MemoryUse.counting(
                loaded.base(),
                () -> taught.add(taught(Method.MEMORY, plan.valueRate(), loaded, training, exam))));
        console.note("After:  " + TeachReport.line(taught.getFirst().after()));
        for (TeachPlan.Point point : plan.compared()) {
          Taught other = compare(point, exam);
          if (other == null) {
            return stopped(training, json);
          }
          taught.add(other);
        }
        var result = new Result(before, training, taught, use, bytes, out.resolve("report.html"));
        AtomicFile.writeString(
            out.resolve(RESULT),
            JsonMapper.shared()
                    .writerWithDefaultPrettyPrinter()
                    .writeValueAsString(result.figures())
                + "\n");
        new TeachReport(result, plan).page(out, loaded, tokenizer, exam).write(result.report());
        if (json) {
          console.json(result.figures());
        } else {
          console.result(TeachReport.text(result));
        }
      }
    }
    return ExitCode.OK;
  }

  private int stopped(TrainingResult training, boolean json) {
    if (json) {
      console.json(training.figures());
    } else {
      console.result(training.stopped() ? training.summary() : "stopped; --resume auto goes on");
    }
    return ExitCode.STOPPED;
  }

  private TrainingResult run(RunConfig config, Path folder, Resume resume) throws IOException {
    return new TrainingRun(console, config, folder, command, stop).run(resume);
  }

  private Exam exam(Tokenizer tokenizer) {
    RunConfig config = plan.config();
    ArchitectureConfig model = RunModel.architecture(config.model());
    TaskReading reading =
        TaskReading.DEFAULT
            .withBadRecords(config.data().badRecords())
            .withLimit(config.data().maxTrainSamples());
    if (config.objective() instanceof ObjectiveConfig.Facts facts) {
      reading = reading.withColumns(facts.columns());
    }
    return Exam.read(
        tokenizer,
        RunModel.maxLength(config, model),
        config.data().train(),
        reading,
        plan.otherFacts(),
        plan.otherText());
  }

  /// A run that goes on knows it already.
  private Knowledge before(Exam exam, Resume resume) {
    if (resume instanceof Resume.None && RunRecord.isRun(out)) {
      throw InvalidInputException.config(
          "--out",
          out + " holds a run already; --resume auto goes on with it, or name another folder");
    }
    Path file = out.resolve(BEFORE);
    if (!(resume instanceof Resume.None) && Files.exists(file)) {
      return Knowledge.from(read(file));
    }
    console.note("Asking the model what it knows");
    Path folder = Path.of(String.valueOf(plan.config().model().path()));
    Knowledge before;
    try (PretrainedModel model = PretrainedModel.load(folder)) {
      before = Knowledge.of(model.causalLanguageModel(), exam);
    }
    AtomicFile.writeString(file, JsonMapper.shared().writeValueAsString(before.figures()) + "\n");
    return before;
  }

  private static JsonNode read(Path file) {
    try {
      return JsonMapper.shared().readTree(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read", e);
    }
  }

  private static Taught taught(
      Method method, double rate, PretrainedModel model, TrainingResult training, Exam exam) {
    Predicate<String> added = name -> name.contains(".memory.") || name.contains(".lora_");
    return new Taught(
        method,
        rate,
        Knowledge.of(model.causalLanguageModel(), exam),
        training.outcome().steps(),
        training.outcome().seconds(),
        model.parameters().count(added));
  }

  /// Null where it was stopped. What is done already is not done again.
  private @Nullable Taught compare(TeachPlan.Point point, Exam exam) throws IOException {
    Path folder = out.resolve("compared").resolve(point.folder());
    Path file = folder.resolve(POINT);
    if (Files.exists(file)) {
      return Taught.from(read(file));
    }
    console.note("To compare: " + point.method() + " at " + TeachPlan.written(point.rate()));
    TrainingResult training = run(point.config(), folder, new Resume.Auto());
    if (training.stopped()) {
      return null;
    }
    try (PretrainedModel model = PretrainedModel.load(Path.of(String.valueOf(training.model())))) {
      Taught taught = taught(point.method(), point.rate(), model, training, exam);
      AtomicFile.writeString(file, JsonMapper.shared().writeValueAsString(taught.figures()) + "\n");
      AtomicFolder.removeQuietly(RunFolder.checkpoints(folder)); // nobody goes on from there
      return taught;
    }
  }
}
