package org.mneme.app.cli;

import java.util.List;
import org.mneme.data.BadRecordsConfig;
import org.mneme.data.SourceConfig;
import org.mneme.data.task.ColumnsConfig;
import org.mneme.data.task.TaskReading;
import picocli.CommandLine.Mixin;

/// Where labelled examples are and how they are read, for the commands that ask models with task
/// heads.
final class LabelledOptions {
  /// Parts of the names of options that mean nothing for texts without labels.
  static final List<String> NAMES =
      List.of(
          "--label",
          "--pair-column",
          "--words-column",
          "--tags-column",
          "--id-column",
          "--question-column",
          "--context-column",
          "--answers-column",
          "--choices-column",
          "--conll",
          "--unanswerable",
          "--null-threshold",
          "-answer",
          "-ends");

  @Mixin private final FileOptions files = new FileOptions();
  @Mixin private final ColumnOptions columns = new ColumnOptions();
  @Mixin private final RowOptions rows = new RowOptions();
  @Mixin private final AnswerOptions answers = new AnswerOptions();

  /// The file.
  SourceConfig source(String path) {
    return files.source(path);
  }

  /// The same of a text without labels, whose column may have a name.
  SourceConfig text(String path) {
    String column = columns.columns().text();
    SourceConfig source = files.source(path);
    return column == null ? source : source.withColumn(column);
  }

  /// How many bad records are allowed.
  BadRecordsConfig badRecords() {
    return files.badRecords();
  }

  /// How it is read.
  TaskReading reading() {
    return TaskReading.DEFAULT.withColumns(columns.columns()).withBadRecords(files.badRecords());
  }

  /// How pairs of sentences are read, the good one first.
  TaskReading pairs() {
    ColumnsConfig told = columns.columns();
    String good = told.text() == null ? "sentence_good" : told.text();
    String bad = told.pair() == null ? "sentence_bad" : told.pair();
    return TaskReading.DEFAULT
        .withColumns(ColumnsConfig.of(good, bad, null))
        .withBadRecords(files.badRecords())
        .withoutLabels();
  }

  /// How rows are made.
  RowOptions rows() {
    return rows;
  }

  /// How answers are picked.
  AnswerOptions answers() {
    return answers;
  }
}
