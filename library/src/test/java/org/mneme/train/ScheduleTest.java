package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GoldenFiles;
import org.mneme.InvalidInputException;
import org.mneme.train.Schedule.Constant;
import org.mneme.train.Schedule.Cosine;
import org.mneme.train.Schedule.InverseSquareRoot;
import org.mneme.train.Schedule.Linear;
import org.mneme.train.Schedule.Polynomial;
import org.mneme.train.Schedule.WarmUpStableDecay;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ScheduleTest {
  private static final double EXACT = 1e-12;

  private static final List<Schedule> ALL =
      List.of(
          new Constant(4),
          new Linear(4),
          new Cosine(4, 0.1),
          new InverseSquareRoot(4),
          new WarmUpStableDecay(4, 0.3, 0),
          new Polynomial(4, 3, 0.1));

  static List<Path> files() {
    return GoldenFiles.filesOfKind("schedules");
  }

  /// Against the schedules of transformers, which count their steps.
  @ParameterizedTest
  @MethodSource("files")
  void agreesWithTransformers(Path file) throws IOException {
    JsonNode golden = JsonMapper.shared().readTree(Files.readString(file));
    int warmup = golden.get("warmup").asInt();
    int total = golden.get("total").asInt(); // behind it, a run of ours has ended
    double rest = total - warmup;
    Map<String, Schedule> schedules =
        Map.of(
            "constant_with_warmup",
            new Constant(warmup),
            "linear",
            new Linear(warmup),
            "cosine",
            new Cosine(warmup),
            "cosine_with_min_lr_0.1",
            new Cosine(warmup, 0.1),
            "inverse_sqrt",
            new InverseSquareRoot(warmup),
            "polynomial_power_2_end_0.05",
            new Polynomial(warmup, 2, 0.05),
            "wsd_linear_decay_20",
            new WarmUpStableDecay(warmup, 20 / rest, 0.1));
    JsonNode values = golden.get("values");
    assertEquals(schedules.keySet(), Set.copyOf(values.propertyNames()));
    schedules.forEach((name, schedule) -> {
      JsonNode factors = values.get(name);
      for (int step = 0; step <= total; step++) {
        double progress = Math.max(0, step - warmup) / rest;
        assertEquals(
            factors.get(step).asDouble(),
            schedule.factor(step, progress),
            1e-9,
            name + " at step " + step);
      }
    });
  }

  @Test
  void ratesRiseInALineFirst() {
    for (Schedule schedule : ALL) {
      for (int step = 0; step <= 4; step++) {
        assertEquals(step / 4.0, schedule.factor(step, 0), EXACT, schedule.toString());
      }
    }
  }

  @Test
  void thenTheyFallToTheirMinimum() {
    assertEquals(1, new Constant(0).factor(9, 0.7));
    assertEquals(0.25, new Linear(0).factor(9, 0.75), EXACT);
    assertEquals(0.55, new Linear(0, 0.1).factor(9, 0.5), EXACT);
    assertEquals(0, new Linear(0).factor(9, 1.5));
    assertEquals(0.1, new Cosine(0, 0.1).factor(9, 1), EXACT);
    assertEquals(1, new WarmUpStableDecay(0, 0.2, 0).factor(9, 0.79));
    assertEquals(0.5, new WarmUpStableDecay(0, 0.2, 0).factor(9, 0.9), EXACT);
    assertEquals(0.5, new InverseSquareRoot(0).factor(30_000, 0), EXACT);
    assertEquals(0.5, new InverseSquareRoot(100).factor(400, 0), EXACT);
    assertEquals(0.25, new Polynomial(0, 2, 0).factor(9, 0.5), EXACT);
    for (Schedule schedule : ALL) {
      double before = 1;
      for (int step = 4; step < 50; step++) {
        double factor = schedule.factor(step, (step - 4) / 46.0);
        assertTrue(factor <= before && factor >= 0, schedule + " at step " + step);
        before = factor;
      }
    }
  }

  @Test
  void rangesAreChecked() {
    assertRefused("warmupSteps", () -> new Linear(-1));
    assertRefused("warmupSteps", () -> new Constant(-1));
    assertRefused("minimum", () -> new Cosine(0, 1.5));
    assertRefused("decayShare", () -> new WarmUpStableDecay(0, 0, 0));
    assertRefused("power", () -> new Polynomial(0, 0, 0));
  }

  private static void assertRefused(String key, Runnable making) {
    var problem = assertThrows(InvalidInputException.class, making::run);
    assertEquals("optimizer.schedule." + key, problem.key());
  }
}
