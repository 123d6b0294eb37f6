package org.mneme.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.run.RunState.Status;
import org.mneme.train.TrainingEvents.Step;

class RunLogTest {
  @TempDir Path temp;

  /// A step of 100 tokens and half a second.
  static Step step(long step) {
    return new Step(
        step, 5.0 / step, 1e-3, 2, Double.NaN, 100 * step, 0.5 * step, Math.min(1, step / 50.0));
  }

  /// Steps `from` to `to` of a run that is evaluated every ten.
  static void train(Path folder, long from, long to, Status end) {
    try (RunFolder run = new RunFolder(folder);
        RunLog log = new RunLog(run, from - 1)) {
      for (long step = from; step <= to; step++) {
        log.stepped(step(step));
        if (step % 10 == 0) {
          log.used(step(step), 2, Map.of("used", 0.5), new double[] {step, 0, 1});
          log.evaluated(step(step), "dev", Map.of("loss", 6.0 / step, "tokens", 77.0));
        }
      }
      log.ended(end, "");
    }
  }

  @Test
  void aResumedRunReadsAsOneThatWasNotInterrupted() {
    train(temp.resolve("whole"), 1, 50, Status.FINISHED);
    train(temp.resolve("parts"), 1, 37, Status.STOPPED);
    assertEquals(Status.STOPPED, RunState.read(temp.resolve("parts")).status());
    Instant started = RunState.read(temp.resolve("parts")).started();
    train(temp.resolve("parts"), 31, 50, Status.FINISHED);
    RunRecord whole = RunRecord.read(temp.resolve("whole"));
    RunRecord parts = RunRecord.read(temp.resolve("parts"));
    assertEquals(started, parts.state().started());
    assertEquals(
        whole.training().stream().map(line -> line.step() + " " + line.loss()).toList(),
        parts.training().stream().map(line -> line.step() + " " + line.loss()).toList());
    assertEquals(
        whole.dev().stream().map(MetricsLine::loss).toList(),
        parts.dev().stream().map(MetricsLine::loss).toList());
    assertEquals(5, parts.usage().size());
    assertEquals(Status.FINISHED, parts.state().status());
    assertEquals(1, parts.state().progress());
  }

  @Test
  void evaluationsHaveTheFiguresOfTheTrainingBesideTheirOwn() {
    train(temp, 1, 20, Status.FINISHED);
    MetricsLine line = RunRecord.read(temp).best().orElseThrow();
    assertEquals(20, line.step());
    assertEquals(0.3, line.loss(), 1e-12);
    assertEquals(1e-3, line.learningRate());
    assertEquals(2000, line.tokens());
    assertEquals(200, line.tokensPerSecond(), 1e-9);
    assertEquals(Map.of("evaluatedTokens", 77.0), line.more());
  }

  @Test
  void aRunThatBeginsAnewForgetsTheOldOne() throws IOException {
    train(temp, 1, 30, Status.FINISHED);
    train(temp, 1, 10, Status.FINISHED);
    assertEquals(10, RunRecord.read(temp).training().size());
    try (var files = Files.list(temp.resolve("events"))) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void aRunThatEndsWithoutAWordHasFailed() {
    try (RunFolder run = new RunFolder(temp);
        RunLog log = new RunLog(run, 0)) {
      log.stepped(step(1));
      assertEquals(Status.RUNNING, RunState.read(temp).status());
    }
    assertEquals(Status.FAILED, RunState.read(temp).status());
    assertTrue(RunState.read(temp).message().contains("without a word"));
  }

  @Test
  void aRunWhoseProcessIsGoneIsLost() {
    Instant now = Instant.now();
    Instant before = now.minus(Duration.ofHours(1));
    long here = ProcessHandle.current().pid();
    long nobody = Integer.MAX_VALUE;
    new RunState(Status.RUNNING, before, now, here, 0.5, 60, "").write(temp);
    assertEquals(Status.RUNNING, RunState.read(temp).status());
    new RunState(Status.RUNNING, before, before, here, 0.5, 60, "").write(temp);
    assertEquals(Status.LOST, RunState.read(temp).status(), "the number is another process's now");
    new RunState(Status.RUNNING, before, before, nobody, 0.5, 60, "").write(temp);
    assertEquals(Status.LOST, RunState.read(temp).status());
    new RunState(Status.RUNNING, before, now, nobody, 0.5, 60, "").write(temp);
    assertEquals(Status.RUNNING, RunState.read(temp).status(), "it may be on another machine");
    new RunState(Status.FINISHED, before, before, nobody, 1, 0, "").write(temp);
    assertEquals(Status.FINISHED, RunState.read(temp).status());
  }

  @Test
  void runsWithoutAStateAreJudgedByWhatTheyLeft() throws IOException {
    Files.writeString(temp.resolve("metrics.jsonl"), "");
    assertEquals(Status.RUNNING, RunState.read(temp).status());
    Files.createDirectories(temp.resolve("final"));
    assertEquals(Status.FINISHED, RunState.read(temp).status());
    assertEquals(List.of(), RunRecord.read(temp).training());
  }
}
