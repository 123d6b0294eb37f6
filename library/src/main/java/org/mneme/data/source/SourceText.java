package org.mneme.data.source;

import java.nio.file.Path;

/// A document and where it stands.
///
/// @param file it comes from
/// @param line where it begins, counted from 1; of Parquet files the row
public record SourceText(Path file, long line, String text) {}
