package org.mneme.app.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.data.SourceConfig;
import org.mneme.data.SourceConfig.Format;
import org.mneme.data.source.BadRecords;
import org.mneme.data.source.SourceFile;
import org.mneme.data.source.SourceFiles;
import org.mneme.data.task.ColumnsConfig;
import org.mneme.data.task.TaskExample;
import org.mneme.data.task.TaskReader;
import org.mneme.data.task.TaskReading;
import org.mneme.data.task.TaskType;
import org.mneme.data.task.TextColumns;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The texts whose tokens are counted.
final class VocabularyData {
  @Option(
      names = "--data",
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description = "Files, globs in quotes, or folders; each is a source of its own.")
  private List<String> data = List.of();

  @Option(
      names = "--task",
      paramLabel = "TASK",
      converter = TaskNames.Labelled.class,
      completionCandidates = TaskNames.Labelled.class,
      description = {
        "The data are labelled examples of ${COMPLETION-CANDIDATES}; their texts are counted."
            + " Without it a CoNLL file or SQuAD's JSON is a text like any other."
      })
  private @Nullable String task;

  @Mixin private ConllOptions conll = new ConllOptions();

  @Option(
      names = "--column",
      arity = "1..*",
      paramLabel = "NAME",
      description =
          "Columns or keys with text; for pairs both, such as sentence1 sentence2 (default: the"
              + " usual names, of pairs both).")
  private List<String> columns = List.of();

  @Mixin private BadRecordsOption badRecords = new BadRecordsOption();

  /// The sources as they were typed.
  List<String> sources() {
    return data;
  }

  /// A counter of what cannot be used.
  BadRecords badRecords() {
    return new BadRecords(badRecords.config());
  }

  /// The labelled examples of a source, where it holds such.
  Optional<TaskReader<? extends TaskExample>> examples(String source) {
    if (!TaskType.TOKENS.label().equals(task)) {
      conll.requireUntold();
    }
    if (task == null) {
      return Optional.empty();
    }
    if (!columns.isEmpty()) {
      throw InvalidInputException.config(
          "--column", "examples of a task have columns of usual names; leave out --task or this");
    }
    TaskReading reading =
        TaskReading.DEFAULT
            .withColumns(ColumnsConfig.DEFAULT.withConll(conll.gap(), conll.comments()))
            .withBadRecords(badRecords.config())
            .withoutLabels();
    return TaskType.of(task)
        .map(type -> TaskReader.of(type, List.of(SourceConfig.of(source)), reading));
  }

  /// The files of a source: tables of texts once for each column with text.
  List<SourceFile> files(String source) {
    SourceConfig config = SourceConfig.of(source);
    List<SourceFile> files = new ArrayList<>();
    for (SourceFile file : SourceFiles.of(List.of(config))) {
      if (file.format() == Format.TEXT || task != null) {
        files.add(file);
      } else {
        columns(file).forEach(column -> files.add(file.withColumn(column)));
      }
    }
    return files;
  }

  private List<String> columns(SourceFile table) {
    if (!columns.isEmpty()) {
      return columns;
    }
    List<String> usual = TextColumns.of(table);
    return usual.isEmpty() ? List.of(table.settings().column()) : usual;
  }
}
