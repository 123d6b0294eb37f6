package org.mneme.run.events;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Event files, read by a parser that shares no code with their writer, and by TensorBoard's own
/// reader where `MNEME_TENSORBOARD_PYTHON` (or `-Dtensorboard.python`) names a Python that has it.
class EventFileTest {
  private static final String READER =
      """
      import json, sys
      from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
      events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "histograms": 0}).Reload()
      tags = events.Tags()
      scalars = {t: [[s.step, s.value] for s in events.Scalars(t)] for t in tags["scalars"]}
      def histogram(h):
          v = h.histogram_value
          return [h.step, v.min, v.max, v.num, v.sum, v.sum_squares, v.bucket_limit, v.bucket]
      histograms = {t: [histogram(h) for h in events.Histograms(t)] for t in tags["histograms"]}
      print(json.dumps({"scalars": scalars, "histograms": histograms}))
      """;

  @TempDir Path temp;

  /// Fields of a message: number to values, numbers as Long or Double, the rest as bytes.
  private static Map<Integer, List<Object>> fields(byte[] message) {
    Map<Integer, List<Object>> fields = new TreeMap<>();
    ByteBuffer bytes = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      long tag = varint(bytes);
      Object value =
          switch ((int) (tag & 7)) {
            case 0 -> varint(bytes);
            case 1 -> bytes.getDouble();
            case 5 -> (double) bytes.getFloat();
            case 2 -> {
              byte[] payload = new byte[(int) varint(bytes)];
              bytes.get(payload);
              yield payload;
            }
            default -> throw new AssertionError("tag " + tag);
          };
      fields.computeIfAbsent((int) (tag >>> 3), ignored -> new ArrayList<>()).add(value);
    }
    return fields;
  }

  private static long varint(ByteBuffer bytes) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = bytes.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  /// CRC-32C bit by bit, masked as TFRecord has it.
  private static int checksum(byte[] bytes) {
    int crc = -1;
    for (byte next : bytes) {
      crc ^= next & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) != 0 ? crc >>> 1 ^ 0x82f63b78 : crc >>> 1;
      }
    }
    crc = ~crc;
    return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
  }

  private static List<Map<Integer, List<Object>>> events(Path folder) throws IOException {
    List<Map<Integer, List<Object>>> events = new ArrayList<>();
    try (var files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
          byte[] length = new byte[8];
          bytes.get(length);
          assertEquals(checksum(length), bytes.getInt());
          byte[] event =
              new byte[(int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong()];
          bytes.get(event);
          assertEquals(checksum(event), bytes.getInt());
          events.add(fields(event));
        }
      }
    }
    return events;
  }

  private static Map<Integer, List<Object>> message(Map<Integer, List<Object>> fields, int field) {
    return fields((byte[]) fields.get(field).getFirst());
  }

  private static double[] packed(Object payload) {
    ByteBuffer bytes = ByteBuffer.wrap((byte[]) payload).order(ByteOrder.LITTLE_ENDIAN);
    double[] values = new double[bytes.remaining() / 8];
    bytes.asDoubleBuffer().get(values);
    return values;
  }

  private static String text(Object payload) {
    return new String((byte[]) payload, StandardCharsets.UTF_8);
  }

  /// A run that was resumed after step 2 although it had come to step 3.
  private void write() {
    try (EventFile file = new EventFile(temp, 1)) {
      for (int step = 1; step <= 3; step++) {
        file.scalars(step, Map.of("loss/train", 1.0 / step));
      }
    }
    try (EventFile file = new EventFile(temp, 3)) {
      file.scalars(3, Map.of("loss/train", 0.125, "ünï", Double.NaN));
      file.histogram(300, "reads", Histogram.ofCounts(new double[] {0, 0, 1, 2, 3, 4, 9}));
    }
  }

  @Test
  void eventsReadAsTheyWereWritten() throws IOException {
    write();
    List<Map<Integer, List<Object>>> events = events(temp);
    assertEquals("brain.Event:2", text(events.getFirst().get(3).getFirst()));
    Map<Integer, List<Object>> second = message(message(events.get(2), 5), 1);
    assertEquals(2L, events.get(2).get(2).getFirst());
    assertEquals("loss/train", text(second.get(1).getFirst()));
    assertEquals(0.5, second.get(2).getFirst());
    assertEquals(1L, message(events.get(5), 7).get(1).getFirst(), "a session starts");
    assertEquals(3L, events.get(5).get(2).getFirst());
    assertEquals(1, message(events.get(6), 5).get(1).size(), "what is not finite is left out");
    assertEquals(8, events.size());
  }

  @Test
  void aNewFileFollowsTheLastOneWhateverWasRemoved() throws IOException {
    write();
    Files.delete(temp.resolve("events.out.tfevents.000000"));
    Files.createFile(temp.resolve("notes.txt"));
    new EventFile(temp, 5).close();
    assertTrue(Files.size(temp.resolve("events.out.tfevents.000002")) > 0);
  }

  @Test
  void histogramsCountEachValueOnce() throws IOException {
    write();
    Map<Integer, List<Object>> event = events(temp).getLast();
    assertEquals(300L, event.get(2).getFirst());
    Map<Integer, List<Object>> histogram = message(message(message(event, 5), 1), 5);
    assertEquals(List.of(0.0), histogram.get(1));
    assertEquals(List.of(9.0), histogram.get(2));
    assertEquals(List.of(7.0), histogram.get(3));
    assertEquals(List.of(19.0), histogram.get(4));
    assertEquals(List.of(111.0), histogram.get(5));
    assertArrayEquals(
        new double[] {0.5, 1.5, 2.5, 4.5, 8.5, 16.5}, packed(histogram.get(6).getFirst()));
    assertArrayEquals(new double[] {2, 1, 1, 2, 0, 1}, packed(histogram.get(7).getFirst()));
    assertArrayEquals(new double[] {3}, Histogram.ofCounts(new double[3]).counts());
  }

  @Test
  void tensorBoardsOwnReaderReadsThem() throws IOException, InterruptedException {
    String python =
        System.getProperty("tensorboard.python", System.getenv("MNEME_TENSORBOARD_PYTHON"));
    assumeTrue(python != null, "MNEME_TENSORBOARD_PYTHON does not name a Python with tensorboard");
    write();
    Process process =
        new ProcessBuilder(python, "-c", READER, temp.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor());
    JsonNode read = JsonMapper.shared().readTree(out);
    assertEquals(
        JsonMapper.shared()
            .readTree(
                """
                {"scalars": {"loss/train": [[1, 1.0], [2, 0.5], [3, 0.125]]},
                 "histograms": {"reads": [[300, 0.0, 9.0, 7.0, 19.0, 111.0,
                   [0.5, 1.5, 2.5, 4.5, 8.5, 16.5], [2.0, 1.0, 1.0, 2.0, 0.0, 1.0]]]}}
                """),
        read);
  }
}
