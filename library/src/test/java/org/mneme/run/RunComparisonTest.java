package org.mneme.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;
import org.mneme.run.RunState.Status;

class RunComparisonTest {
  @TempDir Path temp;

  /// Steps of `seconds` and `tokens` each, loss 100 - step, evaluated every ten steps.
  private Path run(String name, int steps, double seconds, long tokens, String settings)
      throws IOException {
    Path folder = temp.resolve(name);
    try (RunFolder run = new RunFolder(folder)) {
      for (int step = 1; step <= steps; step++) {
        run.metrics(line(step, "train", 100 - step, seconds, tokens));
        if (step % 10 == 0) {
          run.metrics(line(step, "dev", step == 20 ? 10 : 50 - step / 10.0, seconds, tokens));
        }
      }
    }
    Files.writeString(folder.resolve("config.resolved.yaml"), settings);
    return folder;
  }

  private static MetricsLine line(
      int step, String split, double loss, double seconds, long tokens) {
    return new MetricsLine(
        step, split, loss, 1, tokens * step, tokens / seconds, seconds * step, Map.of());
  }

  private static RunFigures figures(RunComparison.Point point, int run) {
    return Objects.requireNonNull(point.runs().get(run));
  }

  @Test
  void runsAreHeldAgainstEachOtherWhereTheShortestEnds() throws IOException {
    Path slow = run("slow", 100, 1, 10, "{}");
    Path fast = run("fast", 200, 0.25, 4, "{}");
    RunComparison comparison =
        RunComparison.of(List.of(RunRecord.read(slow), RunRecord.read(fast)));
    assertEquals(100, comparison.equalSteps().at());
    assertEquals(100, figures(comparison.equalSteps(), 1).step());
    assertEquals(50, comparison.equalSeconds().at());
    assertEquals(50, figures(comparison.equalSeconds(), 0).step());
    assertEquals(200, figures(comparison.equalSeconds(), 1).step());
    assertEquals(800, comparison.equalTokens().at());
    assertEquals(80, figures(comparison.equalTokens(), 0).step());
    assertEquals(100 - 70.5, figures(comparison.equalTokens(), 0).loss(), 1e-9, "of 20 steps");
    assertEquals(20, Objects.requireNonNull(comparison.best().getFirst()).step());
    assertEquals(10.0, comparison.runs().getFirst().bestDevLoss());
    assertEquals(20L, comparison.runs().getFirst().bestStep());
    assertEquals(10, comparison.runs().getFirst().tokensPerSecond());
  }

  @Test
  void betweenEvaluationsTheLossLiesOnALine() throws IOException {
    RunRecord run = RunRecord.read(run("one", 60, 1, 1, "{}"));
    RunFigures between = RunFigures.at(run, RunFigures.Measure.STEPS, 45);
    assertEquals((46 + 45) / 2.0, Objects.requireNonNull(between).devLoss(), 1e-9);
    RunFigures before = RunFigures.at(run, RunFigures.Measure.STEPS, 5);
    assertNull(Objects.requireNonNull(before).devLoss());
  }

  @Test
  void settingsThatDifferStandSideBySide() throws IOException {
    Path one = run("one", 1, 1, 1, "{\"seed\":1,\"train\":{\"rate\":0.1,\"freeze\":[\"a\"]}}");
    Path two = run("two", 1, 1, 1, "{\"seed\":1,\"train\":{\"rate\":0.2},\"out\":\"x\"}");
    RunComparison comparison = RunComparison.of(List.of(RunRecord.read(one), RunRecord.read(two)));
    assertEquals(
        List.of(
            new RunComparison.Setting("train.rate", List.of("0.1", "0.2")),
            new RunComparison.Setting("train.freeze", Arrays.asList("[\"a\"]", null)),
            new RunComparison.Setting("out", Arrays.asList(null, "x"))),
        comparison.settings());
  }

  @Test
  void settingsAreReadFromYaml() throws IOException {
    Path folder = run("yaml", 1, 1, 1, "{\"seed\":2}");
    Files.writeString(
        folder.resolve("config.resolved.yaml"),
        """
        seed: 1
        model: {path: m, new: null, memory: {}}
        data:
          train: [a.txt, b.txt]
        """);
    assertEquals(
        Map.of(
            "seed",
            "1",
            "model.path",
            "m",
            "model.new",
            "null",
            "data.train",
            "[\"a.txt\",\"b.txt\"]"),
        RunRecord.read(folder).settings());
    Files.writeString(folder.resolve("config.resolved.yaml"), "a: [1");
    assertEquals(
        Map.of("config.resolved.yaml", "cannot be read"), RunRecord.read(folder).settings());
  }

  @Test
  void runsWithoutAStepCompareWithoutFigures() throws IOException {
    Path empty = temp.resolve("empty");
    Files.createDirectories(empty);
    Files.writeString(empty.resolve("metrics.jsonl"), "");
    Path one = run("one", 3, 1, 1, "{}");
    RunComparison comparison =
        RunComparison.of(List.of(RunRecord.read(empty), RunRecord.read(one)));
    assertEquals(Arrays.asList((RunFigures) null, null), comparison.best());
    assertNull(comparison.equalSteps().runs().getFirst());
    assertEquals(0, comparison.equalTokens().at());
  }

  @Test
  void runsAreFoundBelowAFolderAndNotBelowRuns() throws IOException {
    Path deep = run("more/deep", 1, 1, 1, "{}");
    Path one = run("one", 1, 1, 1, "{}");
    run("one/checkpoints/step-1", 1, 1, 1, "{}");
    run(".hidden", 1, 1, 1, "{}");
    assertEquals(List.of(deep, one), RunFinder.find(List.of(temp)));
    assertEquals(List.of(one, deep), RunFinder.find(List.of(one, temp)));
    assertEquals(
        InvalidInputException.Kind.DATA,
        assertThrows(InvalidInputException.class, () -> RunFinder.find(List.of(temp.resolve("no"))))
            .kind());
    String message =
        assertThrows(InvalidInputException.class, () -> RunFinder.read(temp)).getMessage();
    assertTrue(Objects.requireNonNull(message).contains("holds no run"), message);
  }

  @Test
  void thePageOfARunComesFromItsFolder() throws IOException {
    Path folder = temp.resolve("page");
    RunLogTest.train(folder, 1, 20, Status.STOPPED);
    RunLogTest.train(folder, 11, 40, Status.FINISHED);
    Files.writeString(folder.resolve("config.resolved.yaml"), "{\"seed\":5}");
    Files.writeString(folder.resolve("provenance.json"), "{\"command\":\"./mneme train x\"}");
    RunRecord run = RunRecord.read(folder);
    Path file = temp.resolve("report.html");
    RunPage.end(RunPage.begin("A run", "It ran.", run), run).write(file);
    String page = Files.readString(file);
    assertTrue(page.contains("evaluated"), page);
    assertTrue(page.contains("layer 2"), page);
    assertTrue(page.contains("./mneme train x"), page);
    assertEquals(40, RunPage.losses("", run).training().length);
  }
}
