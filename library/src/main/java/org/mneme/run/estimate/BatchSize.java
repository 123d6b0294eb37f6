package org.mneme.run.estimate;

import java.util.concurrent.atomic.AtomicInteger;
import org.mneme.data.DataConfig;
import org.mneme.data.task.TaskReader;
import org.mneme.data.task.TaskReading;
import org.mneme.data.task.TaskType;
import org.mneme.model.ArchitectureConfig;
import org.mneme.run.RunConfig;
import org.mneme.run.RunModel;
import org.mneme.train.ObjectiveConfig;

/// The largest batch that a run's settings allow, and at how many of its tokens what runs.
///
/// @param tokens of all rows, padding included
/// @param length of a row at most
/// @param smallest tokens that no batch can do without: of a row, or of an example with all its
///   choices
/// @param targets words that are scored
/// @param lastRows tokens at which the last block's feed-forward runs, and memories that read at
///   targets
record BatchSize(long tokens, long length, long smallest, long targets, long lastRows) {

  /// That of `config`; where only the data say how many choices an example has, reads the first.
  static BatchSize of(RunConfig config, ArchitectureConfig model) {
    long length = RunModel.maxLength(config, model);
    long tokens = config.data().batches().tokensPerBatch();
    return switch (config.objective()) {
      case ObjectiveConfig.Masked masked -> {
        long targets = Math.round(tokens * masked.probability());
        yield new BatchSize(tokens, length, length, targets, targets);
      }
      case ObjectiveConfig.Causal _ -> new BatchSize(tokens, length, length, tokens, tokens);
      case ObjectiveConfig.Facts facts -> {
        long all = facts.batch() * length;
        yield new BatchSize(all, length, length, all, all);
      }
      case ObjectiveConfig.Task task -> of(task, length, rowsPerExample(task, config.data()));
    };
  }

  /// No word is scored. Heads of sequences and choices ask for first tokens alone, see
  /// [org.mneme.model.TaskModel].
  private static BatchSize of(ObjectiveConfig.Task task, long length, long rowsPerExample) {
    long rows = task.batch() * rowsPerExample;
    long tokens = rows * length;
    long asked =
        switch (task.task()) {
          case CLASSIFICATION, MULTI_LABEL, REGRESSION, CHOICE -> rows;
          case TOKENS, QUESTIONS -> tokens;
        };
    return new BatchSize(tokens, length, rowsPerExample * length, 0, asked);
  }

  private static int rowsPerExample(ObjectiveConfig.Task task, DataConfig data) {
    if (task.task() != TaskType.CHOICE) {
      return 1;
    }
    int columns = task.columns().choices().size();
    return columns > 1 ? columns : choicesOfFirstExample(task, data);
  }

  private static int choicesOfFirstExample(ObjectiveConfig.Task task, DataConfig data) {
    TaskReading reading =
        TaskReading.DEFAULT
            .withColumns(task.columns())
            .withBadRecords(data.badRecords())
            .withoutLabels();
    var choices = new AtomicInteger(1);
    var unused =
        TaskReader.choices(data.train(), reading)
            .readWhile(example -> {
              choices.set(example.choices().size());
              return false;
            });
    return choices.get();
  }

  /// One of `other` tokens.
  BatchSize withTokens(long other) {
    return new BatchSize(other, length, smallest, scaled(targets, other), scaled(lastRows, other));
  }

  private long scaled(long count, long other) {
    return count == 0 ? 0 : Math.max(1, Math.round((double) count * other / tokens));
  }
}
