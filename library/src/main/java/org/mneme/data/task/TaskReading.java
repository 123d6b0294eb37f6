package org.mneme.data.task;

import org.jspecify.annotations.Nullable;
import org.mneme.data.BadRecordsConfig;

/// How labelled files are read.
///
/// @param labelled whether every example needs its label, as for training and scores; else it may
///   lack one, as for predictions
/// @param labels those that are known; any others are bad records. Null while they are collected
/// @param limit at most so many examples are read; 0 reads all
public record TaskReading(
    ColumnsConfig columns,
    BadRecordsConfig badRecords,
    boolean labelled,
    @Nullable LabelSet labels,
    long limit) {
  /// Usual columns, labels needed, no bad record allowed.
  public static final TaskReading DEFAULT =
      new TaskReading(ColumnsConfig.DEFAULT, BadRecordsConfig.DEFAULT, true, null, 0);

  /// The same with other columns.
  public TaskReading withColumns(ColumnsConfig other) {
    return new TaskReading(other, badRecords, labelled, labels, limit);
  }

  /// The same with other rules for bad records.
  public TaskReading withBadRecords(BadRecordsConfig other) {
    return new TaskReading(columns, other, labelled, labels, limit);
  }

  /// The same without need for labels.
  public TaskReading unlabelled() {
    return new TaskReading(columns, badRecords, false, labels, limit);
  }

  /// The same with these labels alone.
  public TaskReading withLabels(LabelSet other) {
    return new TaskReading(columns, badRecords, labelled, other, limit);
  }

  /// The same with at most `other` examples.
  public TaskReading withLimit(long other) {
    return new TaskReading(columns, badRecords, labelled, labels, other);
  }
}
