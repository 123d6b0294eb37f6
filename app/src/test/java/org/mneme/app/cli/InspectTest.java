package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.app.cli.CommandRun.assertFails;
import static org.mneme.app.cli.CommandRun.good;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import tools.jackson.databind.JsonNode;

/// `mneme inspect`, on a tiny model with memories and without.
class InspectTest {
  @TempDir private static Path temp;
  private static TinyModels models = TinyModels.NONE;
  private static String augmented = "";

  @BeforeAll
  static void write() {
    models = TinyModels.encoder(temp);
    augmented = models.augmented(temp.resolve("augmented"));
  }

  @Test
  void inspectWritesFiguresAndAPage() {
    Path out = temp.resolve("inspected");
    CommandRun run =
        good("inspect", augmented, "--text", models.text(), "--out", out.toString(), "--json");
    JsonNode json = TinyFolder.json(run.out());
    assertEquals(json, TinyFolder.json(out.resolve("usage.json")));
    assertEquals(60, json.path("lines").asInt());
    assertEquals(2, json.path("layers").size());
    for (JsonNode layer : json.path("layers")) {
      assertEquals(64, layer.path("slots").asInt());
      assertEquals(json.path("tokens").asLong(), layer.path("tokens").asLong());
      assertEquals(json.path("tokens").asLong() * 2 * 4, layer.path("reads").asLong());
      assertEquals(2, layer.path("heads").size());
      double used = layer.path("used").asDouble();
      assertTrue(used > 0 && used <= 1);
      assertTrue(layer.path("top1").asDouble() <= used);
      assertReaders(layer.path("mostUsed"), layer.path("reads").asLong());
    }
    String page = TinyFolder.page(out.resolve("usage.html")).getDocumentElement().getTextContent();
    assertTrue(page.contains("layer 1, head 1"), "no heads on the page");
    assertTrue(page.contains("inspect " + augmented), "no command line on the page");
    assertTrue(page.contains("Most used slots"), "no slots on the page");
    String table =
        good("inspect", augmented, "--text", models.text(), "--out", out.toString()).out();
    assertTrue(table.contains("top-1 used"), table);
    assertTrue(table.contains("  head 1"), table);
  }

  /// Slots by falling weight, each with tokens as they stand in the text.
  private static void assertReaders(JsonNode slots, long reads) {
    assertEquals(12, slots.size());
    String all = TinyFolder.read(Path.of(models.text()));
    double last = 1;
    long read = 0;
    for (JsonNode slot : slots) {
      assertTrue(slot.path("share").asDouble() <= last);
      last = slot.path("share").asDouble();
      read += slot.path("reads").asLong();
      assertTrue(slot.path("readers").size() >= 1 && slot.path("readers").size() <= 5);
      long ofReaders = 0;
      for (JsonNode reader : slot.path("readers")) {
        assertEquals(
            Set.of("before", "token", "after", "weight", "reads"),
            Set.copyOf(reader.propertyNames()));
        assertTrue(reader.path("weight").asDouble() > 0 && reader.path("weight").asDouble() <= 1);
        String token = reader.path("token").asString();
        String own = token.startsWith("[") ? "" : token;
        String context = reader.path("before").asString() + own + reader.path("after").asString();
        assertTrue(all.contains(context.replace("…", "")), context);
        ofReaders += reader.path("reads").asLong();
      }
      assertTrue(ofReaders <= slot.path("reads").asLong());
    }
    assertTrue(read <= reads);
  }

  @Test
  void inspectWantsAMemory() {
    assertFails(
        3,
        List.of(models.plain(), "mneme augment"),
        "inspect",
        models.plain(),
        "--text",
        models.text());
  }
}
