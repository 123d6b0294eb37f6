package org.mneme.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private final Comparison comparison =
      new Comparison(
          "step",
          new Sizes(512, 768),
          "float32",
          "PyTorch",
          rounds(10, 30, 20),
          rounds(40, 60, 80),
          1e-7,
          Map.of());

  @Test
  void theRatioIsThatOfTheMedians() {
    assertEquals(20, comparison.oursMedian());
    assertEquals(10, comparison.oursMinimum());
    assertEquals(60, comparison.theirMedian());
    assertEquals(40, comparison.theirMinimum());
    assertEquals(3, comparison.ratio());
  }

  @Test
  void theRatiosOfRoundsHaveQuartiles() {
    // 4, 2, 4
    assertArrayEquals(new double[] {3, 4, 4}, comparison.ratioQuartiles());
  }

  @Test
  void quantilesLieBetweenNeighbours() {
    double[] values = {4, 1, 3, 2};
    assertEquals(1, Comparison.quantile(values, 0));
    assertEquals(2.5, Comparison.quantile(values, 0.5));
    assertEquals(4, Comparison.quantile(values, 1));
  }

  @Test
  void jsonHasTheDocumentedKeysInOrder() {
    Map<String, Object> json = comparison.with(Map.of("microsPerToken", 1.5)).json();
    assertEquals(
        List.of(
            "name",
            "slots",
            "valueDim",
            "dim",
            "dtype",
            "peer",
            "oursMedianMs",
            "oursMinMs",
            "peerMedianMs",
            "peerMinMs",
            "ratio",
            "largestDifference",
            "tokens",
            "rounds",
            "ratioQuartiles",
            "oursStagesMs",
            "peerStagesMs",
            "microsPerToken"),
        List.copyOf(json.keySet()));
    assertEquals(262_144, json.get("slots"));
  }

  @Test
  void theTextHasALineForEachCaseAndPart() {
    Setting setting =
        new Setting(
            new Setting.Machine("a processor", 2, List.of(), 1L << 34, "Linux 6"), Map.of());
    String text = new Comparisons(setting, List.of(comparison)).text();
    assertTrue(text.startsWith("a processor, 2 cores, 16 GB, Linux 6\n"), text);
    assertTrue(text.contains("step 262,144 x 768 float32"), text);
    assertTrue(text.contains("3.00 (3.00 to 4.00)"), text);
    assertTrue(text.lines().anyMatch(line -> line.startsWith("  update")), text);
  }

  /// Rounds of these ms, three quarters of them forward, the rest update.
  private static List<Round> rounds(double... times) {
    return Arrays.stream(times)
        .mapToObj(ms -> {
          Map<String, Double> stages = new LinkedHashMap<>();
          stages.put("forward", 0.75 * ms);
          stages.put("update", 0.25 * ms);
          return new Round(stages);
        })
        .toList();
  }
}
