package org.mneme.data.source;

import java.nio.file.Path;
import tools.jackson.databind.node.ObjectNode;

/// A row with all its columns, and where it stands.
///
/// @param file it comes from
/// @param line where it begins, counted from 1; of Parquet files the row
/// @param values by the names of the columns; all of them texts in CSV and TSV files
public record SourceRow(Path file, long line, ObjectNode values) {}
