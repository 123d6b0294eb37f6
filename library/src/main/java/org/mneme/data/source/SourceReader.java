package org.mneme.data.source;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mneme.InvalidInputException;
import org.mneme.data.BadRecordsConfig;
import org.mneme.data.SourceConfig;
import org.mneme.data.SourceConfig.Format;

/// Reads documents out of files, in order, one at a time. For one thread.
public final class SourceReader {
  private final List<SourceFile> files;
  private final BadRecords bad;
  private long bytesBefore;
  private long bytesOfFile;

  /// Reads `files`; what cannot be used is counted in `bad`.
  public SourceReader(List<SourceFile> files, BadRecords bad) {
    this.files = List.copyOf(files);
    this.bad = bad;
  }

  /// All documents of `paths` (lines; rows of tables, see [SourceConfig]), none of which may be
  /// bad.
  public static List<String> texts(List<Path> paths) {
    return texts(
        paths.stream().map(path -> SourceConfig.of(path.toString())).toList(),
        BadRecordsConfig.DEFAULT);
  }

  /// All documents of `sources`, but for so many bad ones.
  public static List<String> texts(List<SourceConfig> sources, BadRecordsConfig allowed) {
    List<String> texts = new ArrayList<>();
    new SourceReader(SourceFiles.of(sources), new BadRecords(allowed))
        .read(text -> texts.add(text.text()));
    return texts;
  }

  /// Hands every document to `sink`, until that has enough.
  ///
  /// @throws InvalidInputException of kind DATA when a file cannot be read, lacks the column, or
  ///   has too many bad records
  public void read(TextSink sink) {
    for (SourceFile file : files) {
      bytesOfFile = 0;
      if (!read(file, sink)) {
        return;
      }
      bytesBefore += file.bytes();
    }
    bytesOfFile = 0;
  }

  /// How many bytes of the files have been read, as they lie on the disk.
  public long bytesRead() {
    return bytesBefore + bytesOfFile;
  }

  /// The size of all files.
  public long bytes() {
    return files.stream().mapToLong(SourceFile::bytes).sum();
  }

  private boolean read(SourceFile file, TextSink sink) {
    return file.format() == Format.PARQUET
        ? ParquetTexts.read(file, bad, sink)
        : readLines(file, sink);
  }

  private boolean readLines(SourceFile file, TextSink sink) {
    return SourceStream.read(
        file.path(), Counted::new, in -> readLines(file, new Lines(file.path(), in, bad), sink));
  }

  private boolean readLines(SourceFile file, Lines lines, TextSink sink) throws IOException {
    return switch (file.format()) {
      case JSONL -> new JsonTexts(file, bad).read(lines, sink);
      case CSV, TSV -> new TableTexts(file, bad).read(lines, sink);
      case TEXT, AUTO ->
          switch (file.settings().documents()) {
            case LINE -> PlainTexts.readLines(file.path(), lines, sink);
            case BLANK_LINE -> PlainTexts.readParagraphs(file.path(), lines, sink);
            case FILE -> PlainTexts.readWhole(file.path(), lines, sink);
          };
      case PARQUET, SHARDS ->
          throw SourceFile.unusable(
              file.path(), "is a file; format shards names a folder of `mneme prepare`");
    };
  }

  /// Tells how much of the file has been read.
  private final class Counted extends FilterInputStream {
    Counted(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int one = super.read();
      bytesOfFile += one < 0 ? 0 : 1;
      return one;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int count = super.read(into, offset, length);
      bytesOfFile += Math.max(0, count);
      return count;
    }
  }
}
