package org.mneme.data.source;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
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
    List<SourceConfig> sources =
        paths.stream().map(path -> SourceConfig.of(path.toString())).toList();
    List<String> texts = new ArrayList<>();
    new SourceReader(SourceFiles.of(sources), new BadRecords(BadRecordsConfig.DEFAULT))
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
    try (InputStream in = open(file.path())) {
      Lines lines = new Lines(file.path(), in, bad);
      return switch (file.format()) {
        case JSONL -> new JsonTexts(file, bad).read(lines, sink);
        case CSV, TSV -> new TableTexts(file, bad).read(lines, sink);
        case TEXT, AUTO ->
            file.settings().documents() == SourceConfig.Documents.LINE
                ? PlainTexts.readLines(file.path(), lines, sink)
                : PlainTexts.readParagraphs(file.path(), lines, sink);
        case PARQUET, SHARDS ->
            throw SourceFile.unusable(
                file.path(), "is a file; format shards names a folder of `mneme prepare`");
      };
    } catch (ZipException | EOFException e) {
      throw SourceFile.unusable(file.path(), "the gzip file is damaged or cut short", e);
    } catch (IOException e) {
      throw SourceFile.unusable(file.path(), "cannot be read: " + e.getMessage(), e);
    }
  }

  /// Decompresses what the first bytes say is compressed: no UTF-8 text begins with them.
  private InputStream open(Path path) throws IOException {
    var in = new BufferedInputStream(new Counted(Files.newInputStream(path)), 1 << 16);
    try {
      in.mark(4);
      byte[] start = in.readNBytes(4);
      in.reset();
      if (start.length >= 2 && start[0] == 0x1F && start[1] == (byte) 0x8B) {
        return new GZIPInputStream(in, 1 << 16);
      }
      boolean zstd =
          start.length == 4
              && start[0] == 0x28
              && start[1] == (byte) 0xB5
              && start[2] == 0x2F
              && start[3] == (byte) 0xFD;
      return zstd ? new ZstdInputStream(in) : in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
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
