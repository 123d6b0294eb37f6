package org.mneme.app.quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;
import org.mneme.app.TinyFolder;
import org.mneme.evaluate.MaskedEvaluation.Score;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.memory.Spread;
import org.mneme.memory.UsageReport;
import org.mneme.memory.ValueInit;
import org.mneme.model.BertConfig;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.report.LossCurve;
import org.mneme.report.UsageHistory;
import org.mneme.text.Tokenizer;
import org.mneme.train.TrainConfig;
import org.mneme.train.Trainer;
import org.mneme.train.Trainer.Outcome;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The parts of the quickstart that need no download.
class QuickstartPartsTest {
  private static final BertConfig MODEL =
      BertConfig.fromJson(TinyFolder.json(TinyFolder.resources().resolve("config.json")));

  @TempDir Path temp;

  private static QuickstartSettings settings(int facts, int keysPerSide, double minutes) {
    return new QuickstartSettings(1, facts, 100, keysPerSide, minutes, Path.of("out"), true);
  }

  @Test
  void settingsAreChecked() {
    for (int facts : new int[] {15, 50_001, -1}) {
      assertEquals("--facts", problem(facts, 256, 6).key());
    }
    assertEquals("--keys-per-side", problem(100, 31, 6).key());
    for (double minutes : new double[] {0, -1, Double.NaN}) {
      assertEquals("--minutes", problem(100, 256, minutes).key());
    }
  }

  private static InvalidInputException problem(int facts, int keysPerSide, double minutes) {
    return assertThrows(InvalidInputException.class, () -> settings(facts, keysPerSide, minutes));
  }

  @Test
  void theTimeIsSharedOut() {
    QuickstartSettings settings = settings(100, 256, 6);
    assertEquals(360, settings.headSeconds() + 3 * settings.variantSeconds(), 1e-9);
    assertTrue(settings.headSeconds() > 0 && settings.variantSeconds() > 0);
  }

  @Test
  void memoryAndDenseLayerStandBesideTheLastBlock() {
    assertNull(Variant.FULL.in(MODEL, 64).memory());
    MemoryPlacement dense = Variant.DENSE.in(MODEL, 64).memory();
    MemoryPlacement memory = Variant.MEMORY.in(MODEL, 64).memory();
    for (MemoryPlacement one : List.of(dense, memory)) {
      assertEquals(List.of(1), one.layers());
      assertEquals(Placement.BESIDE, one.placement());
      assertEquals(ReadAt.TARGETS, one.readAt());
      one.requireFits(MODEL.layers(), MODEL.dim());
    }
    SparseMemoryConfig layer = (SparseMemoryConfig) memory.layer();
    assertEquals(64 * 64, layer.slots());
    assertEquals(ValueInit.ZERO, layer.values().init());
    assertEquals(QueryNorm.BATCH, layer.query().norm());
    DenseConfig control = (DenseConfig) dense.layer();
    assertEquals(
        1, (double) control.multiplyAdds() / layer.multiplyAdds(), 0.01, "not of like compute");
  }

  @Test
  void nothingDropsOut() {
    for (Variant variant : Variant.values()) {
      assertFalse(variant.in(MODEL.withDropout(0.1), 64).dropsOut(), variant.label());
    }
  }

  @Test
  void allButTheFirstVariantFreezeTheModel() {
    for (Variant variant : Variant.values()) {
      assertEquals(9, variant.training(12, 9).seed());
      TrainConfig training = variant.training(12, 9).train();
      assertEquals(0.2, training.stop().minutes());
      assertEquals(
          variant == Variant.FULL, training.trains("bert.encoder.layer.0.output.dense.weight"));
      assertTrue(training.trains("bert.encoder.layer.1.memory.values"));
    }
    assertEquals(
        Set.of("full", "dense", "memory"),
        Set.of(Variant.FULL.label(), Variant.DENSE.label(), Variant.MEMORY.label()));
  }

  @Test
  void aFactHidesTheLongestWordOfItsGlossThatIsOneToken() {
    try (Tokenizer tokenizer = Tokenizer.load(TinyFolder.resources())) {
      List<MaskedFact> facts =
          MaskedFact.of(
              List.of(
                  "stone, rock: a small thing under water",
                  "sleeps: no such words at all",
                  "river: " + "the large river flows near the city ".repeat(5),
                  "cat: a dog",
                  "green without a gloss mark",
                  "bird: it stands on a house; it stands"),
              tokenizer,
              10);
      assertEquals(
          List.of(
              new MaskedFact("stone, rock: a ", "small", " thing under water"),
              new MaskedFact("", "green", " without a gloss mark"),
              new MaskedFact("bird: it ", "stands", " on a house; it stands")),
          facts);
      assertEquals("bird: it [MASK] on a house; it stands", facts.getLast().text(tokenizer));
      for (MaskedFact fact : facts) {
        int[] ids = tokenizer.encode(fact.text(tokenizer)).ids();
        int[] whole = tokenizer.encode(fact.before() + fact.answer() + fact.after()).ids();
        assertEquals(whole.length, ids.length);
      }
      assertEquals(
          1, MaskedFact.of(List.of("a: small", "b: large", "c: green"), tokenizer, 1).size());
      assertEquals(List.of(), MaskedFact.of(List.of(), tokenizer, 3));
    }
  }

  private Quickstart.Result result() {
    List<MaskedFact> examples =
        List.of(new MaskedFact("a ", "<small> & old", " b"), new MaskedFact("", "green", ""));
    List<VariantResult> variants = new ArrayList<>();
    for (Variant variant : Variant.values()) {
      boolean memory = variant == Variant.MEMORY;
      variants.add(
          new VariantResult(
              variant,
              new Score(2, memory ? 0.6 : 0.4, 100, 1000, 1),
              new Score(3, 0.3, 200, 2000, 1),
              new Outcome(50, 60_000, 12.5, 1.9, 0, Trainer.Ending.LIMIT),
              1_000_000,
              variant == Variant.FULL ? 1_000_000 : 10_000,
              1L << 30,
              new LossCurve(
                  variant.label(),
                  new double[] {1, 2, 3},
                  new double[] {5, 4, 3},
                  new double[0],
                  new double[0]),
              memory ? List.of(history()) : List.of(),
              List.of("large", memory ? "green" : "red"),
              memory ? Map.of(1, usage()) : Map.of()));
    }
    return new Quickstart.Result(
        settings(256, 64, 2),
        new Score(4, 0.2, 100, 1000, 1),
        new Score(4, 0.25, 200, 2000, 1),
        variants,
        examples,
        99.5,
        temp.resolve("memory"),
        temp.resolve("report.html"));
  }

  private static UsageHistory history() {
    return new UsageHistory(
        "memory, layer 1",
        new double[] {1, 2},
        new double[] {0.4, 0.5},
        new double[] {0.1, 0.2},
        new double[] {0.6, 0.6},
        new double[] {0.3, 0.3});
  }

  private static UsageReport usage() {
    Spread spread = Spread.of(new double[] {4, 2, 1, 1, 0, 0, 0, 0});
    var head = new UsageReport(8, 10, 40, 10, spread, spread, spread, spread, List.of());
    return new UsageReport(8, 10, 80, 20, spread, spread, spread, spread, List.of(head, head));
  }

  @Test
  void theJsonHasTheKeysOfItsContract() {
    JsonNode json = JsonMapper.shared().valueToTree(QuickstartJson.of(result()));
    assertEquals(
        List.of(
            "seed",
            "facts",
            "heldOut",
            "keysPerSide",
            "minutes",
            "before",
            "variants",
            "usage",
            "seconds",
            "model",
            "report"),
        List.copyOf(json.propertyNames()));
    List<String> scores = List.of("factsAccuracy", "heldOutAccuracy", "factsLoss", "heldOutLoss");
    assertEquals(scores, List.copyOf(json.path("before").propertyNames()));
    List<String> keys = new ArrayList<>(List.of("name"));
    keys.addAll(scores);
    keys.addAll(
        List.of(
            "msPerStep",
            "tokensPerSecond",
            "steps",
            "seconds",
            "parameters",
            "trainedParameters",
            "peakBytes"));
    assertEquals(3, json.path("variants").size());
    for (JsonNode variant : json.path("variants")) {
      assertEquals(keys, List.copyOf(variant.propertyNames()));
    }
    JsonNode memory = json.path("variants").path(2);
    assertEquals("memory", memory.path("name").asString());
    assertEquals(0.6, memory.path("factsAccuracy").asDouble());
    assertEquals(4800, memory.path("tokensPerSecond").asDouble());
    assertEquals(250, memory.path("msPerStep").asDouble());
    assertEquals(0.5, json.path("usage").path("used").asDouble());
    assertEquals(0.2, json.path("before").path("factsAccuracy").asDouble());
  }

  @Test
  void theTableHasAColumnForEachVariant() {
    List<String> lines = QuickstartReport.table(result()).lines().toList();
    String head = lines.stream().filter(line -> line.contains("before")).findFirst().orElseThrow();
    for (Variant variant : Variant.values()) {
      assertTrue(head.contains(variant.label()), head);
    }
    String facts =
        lines.stream()
            .filter(line -> line.contains("masked words right"))
            .findFirst()
            .orElseThrow();
    assertTrue(facts.matches(".*20\\.0 %.*40\\.0 %.*40\\.0 %.*60\\.0 %.*"), facts);
    assertFalse(String.join("\n", lines).contains("NaN"));
  }

  @Test
  void thePageIsWellFormed() throws IOException {
    QuickstartReport.page(result(), "./mneme quickstart").write(temp.resolve("report.html"));
    String text =
        TinyFolder.page(temp.resolve("report.html")).getDocumentElement().getTextContent();
    for (String part :
        List.of("60.0 %", "./mneme quickstart", "<small> & old", "layer 1, head 1")) {
      assertTrue(text.contains(part), part);
    }
    assertTrue(Files.size(temp.resolve("report.html")) < 500_000);
  }

  @Test
  void theFactToTryIsOneThatOnlyTheMemoryKnows() {
    assertEquals(1, QuickstartReport.telling(result()));
  }
}
