package org.mneme.app.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.mneme.app.run.ModelFiles;
import org.mneme.checkpoint.AtomicFile;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.SourceConfig;
import org.mneme.data.source.BadRecords;
import org.mneme.data.source.SourceFiles;
import org.mneme.generate.Predicted;
import org.mneme.generate.TaskPredictor;
import org.mneme.model.TaskModel;
import org.mneme.text.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/// Writes what a model with a task head says about every example.
@Command(
    name = "predict",
    description = {
      "Let a model with a task head answer.",
      "Reads examples without a look at their labels and writes a JSON object a line for each, in"
          + " their order: its line in the file, its id where it has one, and the answer. The"
          + " model's head says what is asked."
    })
final class Predict implements Callable<Integer> {
  private static final String STDIN = "-";

  private final Console console;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      converter = FinishedModel.class,
      description = "Folder of a model, or of the run that made it.")
  private Path model = Path.of("");

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description =
          "Examples: tsv, csv, jsonl, parquet, CoNLL, SQuAD's JSON; or - for stdin, JSONL unless"
              + " --format says otherwise, answered as it comes.")
  private String data = STDIN;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "File to write, whole or not at all (default: stdout).")
  private @Nullable Path out;

  @Option(
      names = "--scores",
      description = "Give all scores: of every label, of each word's tag, of other answers.")
  private boolean scores;

  @Mixin private final LabelledOptions options = new LabelledOptions();

  Predict(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Path target = out;
    if (target != null && !data.equals(STDIN)) {
      SourceFiles.of(List.of(options.source(data)))
          .forEach(file -> CommandLines.requireOther(target, file.path()));
    }
    Path folder = model;
    var unused = TaskFolder.head(folder); // before it is loaded
    try (PretrainedModel loaded = ModelFiles.load(folder, console);
        Tokenizer tokenizer = Tokenizer.load(folder)) {
      if (target == null) {
        predict(loaded.taskModel(), tokenizer, this::print);
      } else {
        AtomicFile.write(target, channel -> write(loaded.taskModel(), tokenizer, channel));
      }
    }
    return ExitCode.OK;
  }

  private void write(TaskModel head, Tokenizer tokenizer, FileChannel channel) throws IOException {
    OutputStream file = new BufferedOutputStream(Channels.newOutputStream(channel));
    try {
      predict(head, tokenizer, lines -> write(lines, file));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    file.flush();
  }

  private void predict(TaskModel head, Tokenizer tokenizer, Predicate<List<Predicted>> sink) {
    var settings =
        new TaskPredictor.Settings(
            options.rows().maxLength(head.config().maxTokens()),
            options.rows().stride(),
            options.rows().batch(),
            options.answers().answers());
    var predictor = new TaskPredictor(head, tokenizer, settings);
    BadRecords bad =
        data.equals(STDIN)
            ? predictor.predictStream(stdin(), System.in, options.reading(), sink)
            : predictor.predict(options.source(data), options.reading(), sink);
    bad.examples().forEach(console::note);
  }

  private SourceConfig stdin() {
    SourceConfig source = options.source("stdin");
    return source.format() == SourceConfig.Format.AUTO
        ? source.withFormat(SourceConfig.Format.JSONL)
        : source;
  }

  /// Nobody may be reading any more (`| head`).
  private boolean print(List<Predicted> lines) {
    boolean unused = write(lines, console.out());
    return console.isRead();
  }

  private boolean write(List<Predicted> lines, OutputStream to) {
    try {
      for (Predicted line : lines) {
        String json = JsonMapper.shared().writeValueAsString(line.fields(scores));
        to.write((json + "\n").getBytes(StandardCharsets.UTF_8));
      }
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
