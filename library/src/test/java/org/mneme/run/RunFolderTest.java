package org.mneme.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class RunFolderTest {
  @TempDir Path temp;

  private static MetricsLine line(long step, double loss) {
    return new MetricsLine(
        step, "train", loss, 1e-3, 100 * step, 50.5, 2.0 * step, Map.of("gradientNorm", 0.5));
  }

  private static void write(Path folder, long from, long to) {
    try (RunFolder run = new RunFolder(folder)) {
      for (long step = from; step <= to; step++) {
        run.metrics(line(step, 1.0 / step));
        double[] reads = {step, 0, step, 2 * step};
        run.usage(UsageLine.of(step, step, 1, Map.of("used", 0.75), reads));
      }
    }
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .map(line -> JsonMapper.shared().readTree(line))
        .toList();
  }

  @Test
  void everyLineOfTheMetricsHasTheKeysOfTheSchema() throws IOException {
    write(temp, 1, 2);
    try (RunFolder run = new RunFolder(temp)) {
      run.metrics(new MetricsLine(2, "dev", Double.NaN, 1e-3, 7, 1, 1, Map.of("accuracy", 0.25)));
    }
    List<JsonNode> lines = lines(temp.resolve("metrics.jsonl"));
    assertEquals(3, lines.size());
    for (JsonNode line : lines) {
      assertTrue(
          Set.copyOf(line.propertyNames())
              .containsAll(
                  Set.of("step", "split", "loss", "lr", "tokens", "tokensPerSecond", "seconds")),
          line.toString());
    }
    assertTrue(lines.getLast().path("loss").isNull());
    assertEquals("100", lines.getFirst().path("tokens").toString());
    assertEquals(0.25, lines.getLast().path("accuracy").asDouble());
  }

  @Test
  void linesReadAsTheyWereWritten() {
    write(temp, 1, 3);
    assertEquals(List.of(line(1, 1), line(2, 0.5), line(3, 1.0 / 3)), RunFolder.readMetrics(temp));
    UsageLine use = RunFolder.readUsage(temp).get(1);
    assertEquals(Map.of("used", 0.75), use.figures());
    assertArrayEquals(new double[] {0.25, 0, 0.25, 0.5}, use.groups());
  }

  @Test
  void aFigureMustNotTakeTheNameOfAKey() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new MetricsLine(1, "dev", 1, 1, 1, 1, 1, Map.of("tokens", 3.0)));
  }

  @Test
  void neighbouringSlotsAreOfOneGroup() {
    double[] reads = new double[1000];
    reads[0] = 1;
    reads[15] = 2;
    reads[999] = 5;
    double[] groups = UsageLine.of(1, 1, 0, Map.of(), reads).groups();
    assertEquals(64, groups.length);
    assertEquals(3.0 / 8, groups[0]);
    assertEquals(5.0 / 8, groups[63]);
    assertEquals(0, UsageLine.of(1, 1, 0, Map.of(), new double[3]).groups()[2]);
  }

  @Test
  void whatFollowsACheckpointIsTakenBack() throws IOException {
    Path folder = temp.resolve("run");
    write(folder, 1, 9);
    try (RunFolder run = new RunFolder(folder)) {
      run.revived(8, 1, Map.of("keys", 4));
      run.truncateAfter(6);
      run.metrics(line(7, 0.1));
    }
    assertEquals(7, RunFolder.readMetrics(folder).size());
    assertEquals(0.1, RunFolder.readMetrics(folder).getLast().loss());
    assertEquals(6, RunFolder.readUsage(folder).getLast().step());
    assertEquals(6, lines(folder.resolve("usage.jsonl")).size());
    try (var files = Files.list(folder)) {
      assertEquals(2, files.count(), "no leftovers");
    }
  }

  @Test
  void aFileWithNothingToTakeBackStaysAsItIs() throws IOException {
    write(temp, 1, 3);
    Object before = Files.readAttributes(temp.resolve("metrics.jsonl"), "unix:ino").get("ino");
    try (RunFolder run = new RunFolder(temp)) {
      run.truncateAfter(3);
    }
    Object after = Files.readAttributes(temp.resolve("metrics.jsonl"), "unix:ino").get("ino");
    assertEquals(before, after);
  }

  @Test
  void aLineThatAKilledWriterLeftUnfinishedIsNoLine() throws IOException {
    write(temp, 1, 2);
    Path file = temp.resolve("metrics.jsonl");
    Files.writeString(file, "{\"step\":3,\"spl", StandardOpenOption.APPEND);
    assertEquals(2, RunFolder.readMetrics(temp).size());
    write(temp, 3, 3);
    assertEquals(line(3, 1.0 / 3), RunFolder.readMetrics(temp).getLast());
    assertEquals(3, lines(file).size());
  }

  @Test
  void whatACrashLeftInPlaceOfALineIsNoLine() throws IOException {
    write(temp, 1, 2);
    Path file = temp.resolve("metrics.jsonl");
    Files.write(file, new byte[] {0, (byte) 0xff, (byte) 0xc3, '\n'}, StandardOpenOption.APPEND);
    assertEquals(2, RunFolder.readMetrics(temp).size());
    try (RunFolder run = new RunFolder(temp)) {
      run.truncateAfter(2);
    }
    assertEquals(2, lines(file).size());
  }

  @Test
  void anOpenedFolderWithoutStepsHasNoMetrics() {
    new RunFolder(temp.resolve("fresh")).close();
    assertFalse(Files.exists(temp.resolve("fresh").resolve("metrics.jsonl")));
    assertFalse(RunRecord.isRun(temp.resolve("fresh")));
  }

  @Test
  void checkpointsSortByTheirStep() {
    try (RunFolder run = new RunFolder(temp)) {
      assertEquals("step-00000007", run.checkpoint(7).getFileName().toString());
      String later = run.checkpoint(12_345).toString();
      assertTrue(later.compareTo(run.checkpoint(999).toString()) > 0);
    }
  }
}
