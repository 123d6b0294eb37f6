package org.mneme.data.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import java.util.Map;
import org.mneme.InvalidInputException;
import org.mneme.data.SourceConfig;
import org.mneme.data.SourceConfig.Format;

/// One file to read documents from.
///
/// @param settings of the source it belongs to
/// @param format never AUTO
/// @param bytes its size on the disk
/// @param modified when it was last written, in milliseconds since 1970
public record SourceFile(
    Path path, SourceConfig settings, Format format, long bytes, long modified) {
  private static final Map<String, Format> FORMATS =
      Map.ofEntries(
          Map.entry("txt", Format.TEXT),
          Map.entry("text", Format.TEXT),
          Map.entry("jsonl", Format.JSONL),
          Map.entry("ndjson", Format.JSONL),
          Map.entry("csv", Format.CSV),
          Map.entry("tsv", Format.TSV),
          Map.entry("parquet", Format.PARQUET));

  /// The file `path` of a source.
  static SourceFile of(Path path, SourceConfig settings) {
    Format format =
        settings.format() == Format.AUTO
            ? FORMATS.getOrDefault(extension(path), Format.TEXT)
            : settings.format();
    try {
      var attributes = Files.readAttributes(path, BasicFileAttributes.class);
      return new SourceFile(
          path, settings, format, attributes.size(), attributes.lastModifiedTime().toMillis());
    } catch (IOException e) {
      throw unusable(path, "cannot be read: " + e.getMessage(), e);
    }
  }

  /// The same, but documents are in another column or key.
  public SourceFile withColumn(String column) {
    return new SourceFile(path, settings.withColumn(column), format, bytes, modified);
  }

  /// Whether the name says that the file holds documents.
  static boolean isKnown(Path path) {
    return FORMATS.containsKey(extension(path));
  }

  /// The extension in front of that of the compression.
  private static String extension(Path path) {
    String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
    String plain = name.replaceFirst("\\.(gz|zst)$", "");
    return plain.substring(plain.lastIndexOf('.') + 1);
  }

  /// An error of kind DATA about `file`.
  public static InvalidInputException unusable(Path file, String what) {
    return new InvalidInputException(
        InvalidInputException.Kind.DATA, file.toString(), file + ": " + what);
  }

  /// The same with the exception that led to it.
  public static InvalidInputException unusable(Path file, String what, Throwable cause) {
    return new InvalidInputException(
        InvalidInputException.Kind.DATA, file.toString(), file + ": " + what, cause);
  }
}
