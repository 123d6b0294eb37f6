package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class RunFolderTest {
  @TempDir Path temp;

  @Test
  void metricsAreLinesOfJsonAndStayWhenTheFolderIsOpenedAgain() throws IOException {
    Path folder = temp.resolve("runs").resolve("one");
    try (RunFolder run = new RunFolder(folder)) {
      run.metrics("train", 1, Map.of("loss", 2.5));
      run.metrics("train", 2, Map.of("loss", Double.NaN));
      assertEquals(2, Files.readAllLines(folder.resolve("metrics.jsonl")).size());
    }
    try (RunFolder run = new RunFolder(folder)) {
      run.metrics("dev", 2, Map.of("loss", Double.POSITIVE_INFINITY));
    }
    List<JsonNode> lines =
        Files.readAllLines(folder.resolve("metrics.jsonl")).stream()
            .map(line -> JsonMapper.shared().readTree(line))
            .toList();
    assertEquals(3, lines.size());
    assertEquals(2.5, lines.get(0).path("loss").asDouble());
    assertEquals("train", lines.get(0).path("split").asString());
    assertTrue(lines.get(1).path("loss").isNull());
    assertTrue(lines.get(2).path("loss").isNull());
    assertEquals(2, lines.get(2).path("step").asInt());
    assertEquals("dev", lines.get(2).path("split").asString());
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
