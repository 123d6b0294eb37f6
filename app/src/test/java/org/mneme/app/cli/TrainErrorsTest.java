package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.app.cli.TinyTraining.after;
import static org.mneme.app.cli.TinyTraining.assertFails;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import tools.jackson.databind.JsonNode;

/// What goes wrong in `mneme train` ends with a code of its own and a line that says what to do.
class TrainErrorsTest {
  @TempDir private static Path temp;
  private static TinyTraining training = new TinyTraining(Path.of(""));
  private static Path done = Path.of("");

  @BeforeAll
  static void prepare() {
    training = TinyTraining.in(temp);
    done = temp.resolve("done");
    training.good(done, "train.stop.steps=1");
  }

  /// A start that fails leaves nothing behind.
  private static void assertNotBegun(int exitCode, List<String> parts, String... more) {
    Path out = temp.resolve("not-made");
    assertFails(exitCode, parts, training.train(out, more));
    assertFalse(Files.exists(out), "left behind by " + List.of(more));
  }

  @Test
  void whyARunFailedIsToldWhereItCannotBeWrittenDown() {
    Path out = temp.resolve("unwritable");
    var why = new IllegalStateException("the reason");
    BooleanSupplier failing =
        () -> {
          try { // no file takes the place of a folder that holds something
            Files.delete(out.resolve("state.json"));
            Files.createDirectories(out.resolve("state.json").resolve("inside"));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          throw why;
        };
    assertSame(
        why, assertThrows(IllegalStateException.class, () -> training.trainUntil(out, failing)));
  }

  @Test
  void settingsThatCannotBeUsedAreNamed() {
    assertNotBegun(3, List.of("train.stop.stepz", "did you mean", "steps"), "train.stop.stepz=3");
    assertNotBegun(3, List.of("optimiser", "did you mean optimizer?"), "optimiser.eps=1e-8");
    assertNotBegun(3, List.of("train.evaluateEvery", "data.dev"), "train.evaluateEvery=2");
    assertNotBegun(3, List.of("tokensPerBatch"), "data.batches.tokensPerBatch=4");
    assertNotBegun(3, List.of("train.stop"), "train.stop.steps=0");
    assertNotBegun(3, List.of("optimizer.learningRate"), "optimizer.learningRate=-1");
    assertNotBegun(3, List.of("model.dropout"), "model.dropout=1");
    assertNotBegun(3, List.of("objective.maskings"), "objective.maskings=-1");
    assertNotBegun(3, List.of("maxLength"), "data.batches.maxLength=1");
    assertNotBegun(3, List.of("optimizer.schedule", "steep"), "optimizer.schedule.type=steep");
    assertNotBegun(3, List.of("nothing to train"), "train.freeze=[backbone]");
    assertNotBegun(3, List.of("adapters", "llama, mistral, qwen2"), "model.adapters={}");
    assertNotBegun(3, List.of("encoder.*"), "train.freeze=['encoder.*']");
    CommandRun nowhere = CommandRun.of("train", training.file().toString());
    assertFails(3, List.of("--out", "no run folder"), nowhere);
    assertFails(3, List.of("absent.yaml"), CommandRun.of("train", "absent.yaml", "--out", "x"));
    assertFails(2, List.of("FILE"), CommandRun.of("train", "--out", "x"));
  }

  @Test
  void whatDoesNotFitTogetherIsNamed() {
    assertNotBegun(3, List.of("objective.type", "causal", "encoder"), "objective.type=causal");
    assertNotBegun(
        3, List.of("objective.type", "masked", "causal"), "model.path=" + temp.resolve("gpt2"));
    assertNotBegun(
        3,
        List.of("objective.type", "masked does not fit a causal model"),
        "model={new: {type: gpt2}, tokenizer: " + temp.resolve("bert") + "}");
    assertNotBegun(
        3, List.of("memory.layers", "7"), "model.memory={layers: [7], layer: {type: product-key}}");
  }

  @Test
  void dataThatCannotBeReadIsNamed() throws IOException {
    String missing = temp.resolve("missing.txt").toString();
    assertNotBegun(4, List.of(missing), "data.train=" + missing);
    assertNotBegun(4, List.of(missing), "data.dev=" + missing);
    Path broken =
        TinyFolder.write(
            temp.resolve("broken.jsonl"),
            List.of("{\"text\": \"the cat sits\"}", "{\"text\": \"the"));
    assertNotBegun(4, List.of(broken + ", line 2", "broken JSON"), "data.train=" + broken);
    Path lines = temp.resolve("lines.jsonl");
    TinyFolder.write(
        lines,
        List.of(
            "{\"text\": \"the cat sits on the tree\"}",
            "{\"title\": \"the dog\"}",
            "{\"text\": \"the dog sits on the tree\"}"));
    assertNotBegun(4, List.of(lines + ", line 2", "text"), "data.train=" + lines);
    CommandRun skipped =
        training.good(
            temp.resolve("skipped"),
            "data.train=" + lines,
            "data.badRecords.policy=skip",
            "train.stop.steps=1");
    assertTrue(skipped.err().contains(lines.toString()), skipped.err());
  }

  @Test
  void aModelThatIsNotThereIsNamed() throws IOException {
    Path missing = temp.resolve("missing-model");
    assertNotBegun(5, List.of(missing.toString(), "does not exist"), "model.path=" + missing);
    Path empty = Files.createDirectories(temp.resolve("empty-model"));
    assertNotBegun(5, List.of(empty.toString(), "config.json"), "model.path=" + empty);
  }

  @Test
  void aRunIsNeverOverwritten() {
    assertFails(3, List.of("--out", done.toString(), "--resume auto"), training.train(done));
    Path other = temp.resolve("other");
    training.good(other, "train.stop.steps=1");
    assertFails(
        3,
        List.of("--out", done.toString(), "--resume auto"),
        training.train(done, "--resume", other.toString()));
  }

  @Test
  void whatIsNoCheckpointIsNamed() {
    String nowhere = temp.resolve("nowhere").toString();
    assertNotBegun(3, List.of("--resume", nowhere, "give auto, none"), "--resume", nowhere);
    String model = temp.resolve("bert").toString();
    assertNotBegun(3, List.of("--resume", model, "is no checkpoint"), "--resume", model);
    assertNotBegun(3, List.of("--resume", "empty"), "--resume", "");
  }

  @Test
  void otherTextsAreNotTakenForTheSame() {
    Path out = temp.resolve("changed");
    training.trainUntil(out, after(2));
    String other = TinyFolder.text(temp.resolve("other.txt"), 80, 5).toString();
    String before = TinyFolder.read(out.resolve("metrics.jsonl"));
    assertFails(
        4,
        List.of("data.train", "step-00000002", "--resume none"),
        training.train(out, "data.train=" + other, "--resume", "auto"));
    assertEquals(before, TinyFolder.read(out.resolve("metrics.jsonl")));
    assertNotBegun(4, List.of("data.train"), "data.train=" + other, "--resume", out.toString());
  }

  @Test
  void divergenceStopsAndNamesStepPlaceAndCheckpoint() {
    Path out = temp.resolve("diverged");
    CommandRun run = diverge(out, "train.stop.steps=60");
    assertFails(
        1, List.of("training diverged at step", "first in", "last good checkpoint is " + out), run);
    JsonNode state = TinyFolder.json(out.resolve("state.json"));
    assertEquals("failed", state.path("state").asString());
    assertTrue(state.path("message").asString().contains("diverged"), state.toString());
    assertFalse(Files.exists(out.resolve("final")));
  }

  @Test
  void divergenceIsSkippedAndCountedWhereSettingsSaySo() {
    CommandRun run =
        training.good(
            temp.resolve("skipping"),
            "train.divergence={policy: skip, explosion: 1.001, window: 2}",
            "train.stop.steps=12",
            "--json");
    int skipped = TinyFolder.json(run.out()).path("skipped").asInt();
    assertTrue(skipped > 0, run.out());
    assertEquals(skipped, run.err().lines().filter(line -> line.contains("is left out: ")).count());
    Path out = temp.resolve("skipping-too-much");
    CommandRun hopeless =
        diverge(out, "train={divergence: {policy: skip, skips: 3}, stop: {steps: 60}}");
    assertEquals(1, hopeless.exitCode(), hopeless.err());
    assertEquals(2, hopeless.err().lines().filter(line -> line.contains("is left out: ")).count());
  }

  /// Matrices become 1e11 times what they were in a step, until they overflow.
  private static CommandRun diverge(Path out, String setting) {
    return training.train(
        out,
        setting,
        "optimizer={learningRate: 10, weightDecay: 1e10, schedule: {type: constant}}",
        "train.divergence.explosion=0",
        "checkpoint.everySteps=1");
  }
}
