package org.mneme.data.task;

import java.nio.file.Path;

/// Where an example begins.
///
/// @param file it comes from
/// @param line counted from 1; of Parquet files the row
public record Place(Path file, long line) {
  @Override
  public String toString() {
    return "%s, line %d".formatted(file, line);
  }
}
