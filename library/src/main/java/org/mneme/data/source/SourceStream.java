package org.mneme.data.source;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.zip.ZipException;
import org.mneme.InvalidInputException;

/// The bytes of a file, decompressed where its first bytes say that it is gzip or zstd: no UTF-8
/// text begins with them.
public final class SourceStream {
  private SourceStream() {}

  /// Does something with the bytes of a file.
  @FunctionalInterface
  public interface Reading<T> {
    /// What comes of `in`, which is closed afterwards.
    T from(InputStream in) throws IOException;
  }

  /// What `reading` makes of `file`.
  ///
  /// @throws InvalidInputException of kind DATA when the file cannot be read
  public static <T> T read(Path file, Reading<T> reading) {
    return read(file, in -> in, reading);
  }

  /// The same; `watch` sees the bytes as they lie on the disk.
  static <T> T read(Path file, UnaryOperator<InputStream> watch, Reading<T> reading) {
    return read(file, () -> Files.newInputStream(file), watch, reading);
  }

  /// What `reading` makes of the bytes of `in`, which messages call `name`; closes it.
  public static <T> T read(Path name, InputStream in, Reading<T> reading) {
    return read(name, () -> in, bytes -> bytes, reading);
  }

  private interface Opening {
    InputStream open() throws IOException;
  }

  private static <T> T read(
      Path file, Opening opening, UnaryOperator<InputStream> watch, Reading<T> reading) {
    try (InputStream in = decompressed(watch.apply(opening.open()))) {
      return reading.from(in);
    } catch (ZipException | EOFException e) {
      throw SourceFile.unusable(file, "the gzip file is damaged or cut short", e);
    } catch (IOException e) {
      throw SourceFile.unusable(file, "cannot be read: " + e.getMessage(), e);
    }
  }

  private static InputStream decompressed(InputStream bytes) throws IOException {
    var in = new BufferedInputStream(bytes, 1 << 16);
    try {
      in.mark(4);
      byte[] start = in.readNBytes(4);
      in.reset();
      if (start.length >= 2 && start[0] == 0x1F && start[1] == (byte) 0x8B) {
        return new GzipStream(in);
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
}
