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
import java.util.zip.CRC32C;

/// An event file for TensorBoard: a record each of a file version, scalars, and histograms.
///
/// Records are framed as TFRecords: length, its checksum, an `Event` message, its checksum. Fields
/// are those of TensorFlow's `event.proto` and `summary.proto`. One thread at a time.
public final class EventFile implements AutoCloseable {
  private static final String VERSION = "brain.Event:2";
  private static final double MILLIS = 1000;

  private final Path file;
  private final OutputStream out;

  /// Begins a new file in `folder`, which is made if absent.
  ///
  /// @param firstStep the step that comes next: TensorBoard forgets what other files in the folder
  ///   have of it and of later ones
  public EventFile(Path folder, long firstStep) {
    long now = System.currentTimeMillis();
    file =
        folder.resolve(
            "events.out.tfevents.%010d.%03d.%d"
                .formatted(now / 1000, now % 1000, ProcessHandle.current().pid()));
    try {
      Files.createDirectories(folder);
      out =
          new BufferedOutputStream(
              Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
    event(0, message -> message.writeString(3, VERSION));
    if (firstStep > 1) {
      event(firstStep, message -> Messages.put(message, 7, start -> start.writeEnum(1, 1)));
    }
  }

  /// Numbers by name, such as `loss/train`; those that are not finite are left out.
  public void scalars(long step, Map<String, Double> values) {
    event(
        step,
        message ->
            Messages.put(
                message,
                5,
                summary -> {
                  for (Map.Entry<String, Double> entry : values.entrySet()) {
                    if (Double.isFinite(entry.getValue())) {
                      Messages.put(
                          summary,
                          1,
                          value -> {
                            value.writeString(1, entry.getKey());
                            value.writeFloat(2, entry.getValue().floatValue());
                          });
                    }
                  }
                }));
  }

  /// How values spread.
  public void histogram(long step, String name, Histogram histogram) {
    event(
        step,
        message ->
            Messages.put(
                message,
                5,
                summary ->
                    Messages.put(
                        summary,
                        1,
                        value -> {
                          value.writeString(1, name);
                          Messages.put(value, 5, histogram::write);
                        })));
  }

  private void event(long step, Messages.Body body) {
    Instant now = Instant.now();
    byte[] event =
        Messages.bytes(message -> {
          message.writeDouble(1, now.toEpochMilli() / MILLIS);
          if (step != 0) {
            message.writeInt64(2, step);
          }
          body.write(message);
        });
    try {
      out.write(frame(event));
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
