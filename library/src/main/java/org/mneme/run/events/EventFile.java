package org.mneme.run.events;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/// An event file for TensorBoard: a record each of a file version, scalars, and histograms.
///
/// Records are framed as TFRecords: length, its checksum, an `Event` message, its checksum. Fields
/// are those of TensorFlow's `event.proto` and `summary.proto`. One thread at a time.
public final class EventFile implements AutoCloseable {
  private static final String VERSION = "brain.Event:2";
  private static final String NAME = "events.out.tfevents.";
  private static final int SESSION_START = 1;
  private static final double MILLIS = 1000;

  private final Path file;
  private final OutputStream out;

  /// Begins a new file in `folder`, which is made if absent.
  ///
  /// @param firstStep the step that comes next: TensorBoard forgets what earlier files in the
  ///   folder have of it and of later ones
  public EventFile(Path folder, long firstStep) {
    try {
      Files.createDirectories(folder);
      file = folder.resolve(nextName(folder));
      out =
          new BufferedOutputStream(
              Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    } catch (IOException e) {
      throw new UncheckedIOException("event files cannot be written to " + folder, e);
    }
    write(event(0).text(3, VERSION));
    if (firstStep > 1) {
      write(event(firstStep).message(7, new Message().whole(1, SESSION_START)));
    }
  }

  /// TensorBoard reads files in the order of their names. Somebody may have removed some.
  private static String nextName(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      int last =
          files
              .map(path -> path.getFileName().toString())
              .filter(name -> name.matches(Pattern.quote(NAME) + "\\d{1,9}"))
              .mapToInt(name -> Integer.parseInt(name.substring(NAME.length())))
              .max()
              .orElse(-1);
      return "%s%06d".formatted(NAME, last + 1);
    }
  }

  /// Numbers by name, such as `loss/train`; those that are not finite are left out.
  public void scalars(long step, Map<String, Double> values) {
    Message summary = new Message();
    values.forEach((name, value) -> {
      if (Double.isFinite(value)) {
        summary.message(1, new Message().text(1, name).real(2, value.floatValue()));
      }
    });
    write(event(step).message(5, summary));
  }

  /// How values spread.
  public void histogram(long step, String name, Histogram histogram) {
    Message value = new Message().text(1, name).message(5, histogram.message());
    write(event(step).message(5, new Message().message(1, value)));
  }

  private static Message event(long step) {
    Message event = new Message().real(1, Instant.now().toEpochMilli() / MILLIS);
    return step == 0 ? event : event.whole(2, step);
  }

  private void write(Message event) {
    try {
      out.write(frame(event.bytes()));
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }

  private static byte[] frame(byte[] event) {
    ByteBuffer framed =
        ByteBuffer.allocate(event.length + 16).order(ByteOrder.LITTLE_ENDIAN).putLong(event.length);
    framed.putInt(checksum(framed.array(), 8));
    return framed.put(event).putInt(checksum(event, event.length)).array();
  }

  /// CRC-32C, turned and shifted so that a checksum of something with checksums inside stays
  /// useful.
  private static int checksum(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be closed", e);
    }
  }
}
