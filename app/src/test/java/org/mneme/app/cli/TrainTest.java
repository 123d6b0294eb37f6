package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import org.mneme.app.run.MaskedTraining;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.data.Masking;
import org.mneme.train.OptimizerConfig;
import org.mneme.train.Schedule;
import org.mneme.train.TrainConfig;
import org.mneme.train.Trainer;
import tools.jackson.databind.JsonNode;

/// Training on the command line, from a model folder to a run folder and on from there.
class TrainTest {
  private static final int STEPS = 6;

  @TempDir private static Path temp;
  private static String model = "";
  private static String text = "";
  private static String dev = "";
  private static Path whole = Path.of("");
  private static CommandRun run = new CommandRun(1, "", "");

  @BeforeAll
  static void train() {
    String plain = TinyFolder.model(temp.resolve("plain")).toString();
    model = temp.resolve("augmented").toString();
    CommandRun augmented =
        CommandRun.of(
            "augment",
            plain,
            "--layers",
            "1",
            "--out",
            model,
            "--keys-per-side",
            "8",
            "--heads",
            "2",
            "--slots-per-head",
            "4",
            "--query-dim",
            "8",
            "--score-scale",
            "5");
    assertEquals(0, augmented.exitCode(), augmented.err());
    text = TinyFolder.text(temp.resolve("text.txt"), 80, 1).toString();
    dev = TinyFolder.text(temp.resolve("dev.txt"), 20, 2).toString();
    whole = temp.resolve("whole");
    run = train(whole, "--dev", dev, "--evaluate-every", "3", "--json");
    assertEquals(0, run.exitCode(), run.err());
  }

  private static CommandRun train(Path out, String... more) {
    return train(model, out, more);
  }

  private static CommandRun train(String model, Path out, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("train", "--model", model, "--text", text, "--out", out.toString()));
    Map<String, String> usual =
        Map.of("--tokens-per-batch", "160", "--warmup", "2", "--steps", Integer.toString(STEPS));
    usual.forEach((option, value) -> {
      if (!List.of(more).contains(option)) {
        args.addAll(List.of(option, value));
      }
    });
    args.addAll(List.of(more));
    return CommandRun.of(args.toArray(String[]::new));
  }

  /// What [#train] asks for, and `stop` to stop it.
  private static MaskedTraining.Result trainUntil(Path out, BooleanSupplier stop)
      throws IOException {
    var nowhere = new PrintStream(PrintStream.nullOutputStream());
    var config =
        new Trainer.Settings(
            TrainConfig.ofSteps(STEPS).with(train -> train.evaluateEvery = 3),
            OptimizerConfig.DEFAULT.with(optimizer -> optimizer.schedule = new Schedule.Linear(2)),
            1);
    var settings =
        new MaskedTraining.Settings(
            Path.of(model),
            List.of(Path.of(text)),
            List.of(Path.of(dev)),
            out,
            Masking.DEFAULT,
            160,
            128,
            0,
            0,
            config);
    return new MaskedTraining(new Console(nowhere, nowhere), settings, stop).run(false, "typed");
  }

  /// Stops before step `steps`, counted from 0.
  private static BooleanSupplier after(int steps) {
    var asked = new AtomicInteger();
    return () -> asked.getAndIncrement() >= steps;
  }

  private static List<JsonNode> metrics(Path folder, String split) {
    return lines(folder.resolve("metrics.jsonl"))
        .filter(line -> line.path("split").asString().equals(split))
        .toList();
  }

  private static Stream<JsonNode> lines(Path file) {
    return TinyFolder.read(file).lines().map(TinyFolder::json);
  }

  /// The lines of `usage.jsonl` that have that key.
  private static List<JsonNode> usage(Path folder, String key) {
    return lines(folder.resolve("usage.jsonl")).filter(line -> line.has(key)).toList();
  }

  private static List<Integer> steps(List<JsonNode> lines) {
    return lines.stream().map(line -> line.path("step").asInt()).toList();
  }

  /// Fails unless it ended with that code and one line of stderr, which holds each of `parts`.
  private static void assertFails(int exitCode, List<String> parts, CommandRun run) {
    assertEquals(exitCode, run.exitCode(), run.err());
    assertEquals("", run.out());
    List<String> errors = run.err().lines().filter(line -> line.startsWith("mneme: ")).toList();
    assertEquals(1, errors.size(), run.err());
    parts.forEach(part -> assertTrue(errors.getFirst().contains(part), errors.getFirst()));
  }

  @Test
  void theResultIsOnStdout() {
    JsonNode json = TinyFolder.json(run.out());
    assertEquals(STEPS, json.path("steps").asInt());
    assertFalse(json.path("stopped").asBoolean(true));
    assertTrue(json.path("tokens").asInt() > 0);
    assertTrue(json.path("msPerStep").asDouble() > 0);
    assertEquals(Math.log(104), json.path("loss").asDouble(), 0.5);
    assertEquals(
        Set.of("loss", "perplexity", "accuracy", "targets", "tokens"),
        Set.copyOf(json.path("dev").propertyNames()));
    assertEquals(whole.resolve("final").toString(), json.path("model").asString());
    CommandRun plain = train(temp.resolve("plain-text"), "--steps", "2", "--dev", dev);
    assertTrue(plain.out().contains("done after 2 steps"), plain.out());
    assertTrue(plain.out().contains("held out: loss"), plain.out());
  }

  @Test
  void theRunFolderHoldsSettingsMetricsModelAndPage() throws IOException {
    try (Stream<Path> files = Files.list(whole)) {
      assertEquals(
          Set.of(
              "checkpoints",
              "config.resolved.json",
              "events",
              "final",
              "metrics.jsonl",
              "provenance.json",
              "report.html",
              "state.json",
              "usage.jsonl"),
          files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
    }
    assertTrue(Files.exists(whole.resolve("checkpoints/step-00000006/trainer.safetensors")));
    assertTrue(Files.exists(whole.resolve("final/tokenizer.json")));
    assertFalse(Files.exists(whole.resolve("final/trainer.safetensors")));
    JsonNode config = TinyFolder.json(whole.resolve("config.resolved.json"));
    assertEquals(model, config.path("model").asString());
    assertEquals(6, config.path("train").path("steps").asInt());
    assertEquals(20, config.at("/train/optimizer/schedule/warmupSteps").asInt());
    String command = TinyFolder.json(whole.resolve("provenance.json")).path("command").asString();
    assertTrue(command.startsWith("./mneme train --model " + model + " --text "), command);
    assertEquals(
        List.of(1, 2, 3, 4, 5, 6), steps(metrics(whole, "train")), "every step has its line");
    assertEquals(List.of(3, 6), steps(metrics(whole, "dev")));
    Set<String> keys = Set.of("step", "split", "loss", "lr", "tokens", "tokensPerSecond");
    assertEquals(
        List.of(),
        lines(whole.resolve("metrics.jsonl"))
            .filter(line -> !keys.stream().allMatch(key -> line.path(key).isValueNode()))
            .toList());
    assertEquals("finished", TinyFolder.json(whole.resolve("state.json")).path("state").asString());
    String page =
        TinyFolder.page(whole.resolve("report.html")).getDocumentElement().getTextContent();
    assertTrue(page.contains("training, held out"), "no evaluations on the page");
    assertTrue(page.contains("layer 1, head 0"), "no use of the memory on the page");
  }

  @Test
  void theUseOfTheMemoryIsOfEveryStepAndOfNoEvaluation() {
    List<JsonNode> windows = usage(whole, "layer");
    assertEquals(
        metrics(whole, "train").getLast().path("tokens").asLong(),
        windows.stream().mapToLong(window -> window.path("tokens").asLong()).sum());
    assertEquals(STEPS, windows.getLast().path("step").asInt());
    assertEquals(64, windows.getLast().path("groups").size());
  }

  @Test
  void whatIsHardlyReadIsRevived() {
    Path out = temp.resolve("revived");
    CommandRun revived = train(out, "--revive", "keys,window=2,threshold=0.9");
    assertEquals(0, revived.exitCode(), revived.err());
    List<JsonNode> lines = usage(out, "revived");
    assertEquals(List.of(2, 4), steps(lines)); // none at the end
    assertTrue(
        lines.getFirst().path("revived").path("bert.encoder.layer.1.memory.keys").asInt() > 0);
    assertEquals(
        "KEYS",
        TinyFolder.json(out.resolve("config.resolved.json"))
            .path("train")
            .path("revival")
            .path("target")
            .asString());
    assertEquals(List.of(), usage(whole, "revived"));
    assertFails(
        3,
        List.of("train.revival", "rows", "keys"),
        train(temp.resolve("never"), "--revive", "rows"));
  }

  @Test
  void theLastEvaluationIsTheFinalModels() {
    JsonNode scored =
        TinyFolder.json(
            CommandRun.of(
                    "evaluate",
                    "--model",
                    whole.resolve("final").toString(),
                    "--text",
                    dev,
                    "--json")
                .out());
    JsonNode last = metrics(whole, "dev").getLast();
    assertEquals(scored.path("loss").asDouble(), last.path("loss").asDouble(), 1e-6);
    assertEquals(scored.path("targets").asInt(), last.path("targets").asInt());
    assertEquals(last.path("loss"), TinyFolder.json(run.out()).path("dev").path("loss"));
  }

  @Test
  void trainingTeaches() {
    Path out = temp.resolve("longer");
    CommandRun longer =
        train(out, "--steps", "60", "--learning-rate", "5e-3", "--dev", text, "--json", "-q");
    assertEquals(0, longer.exitCode(), longer.err());
    assertEquals("", longer.err());
    double loss = TinyFolder.json(longer.out()).path("dev").path("loss").asDouble();
    assertTrue(loss < 3.5, "loss " + loss);
    assertEquals(List.of(60), steps(metrics(out, "dev")));
    String page = TinyFolder.page(out.resolve("report.html")).getDocumentElement().getTextContent();
    assertTrue(page.contains("top-1 ceiling"), "no history of use on the page of a quiet run");
  }

  @Test
  void frozenParametersStay() throws IOException {
    Path out = temp.resolve("frozen");
    CommandRun frozen =
        train(out, "--freeze", "backbone", "--json", "--progress", "json", "--value-clip", "1");
    assertEquals(0, frozen.exitCode(), frozen.err());
    List<JsonNode> progress =
        frozen.err().lines().filter(line -> line.startsWith("{")).map(TinyFolder::json).toList();
    assertFalse(progress.isEmpty(), frozen.err());
    assertTrue(progress.getFirst().path("done").isNumber());
    try (var before = SafetensorsFile.open(Path.of(model, "model.safetensors"));
        var after = SafetensorsFile.open(out.resolve("final/model.safetensors"))) {
      assertEquals(before.entries().keySet(), after.entries().keySet());
      for (String name : before.entries().keySet()) {
        boolean same = before.bytes(name).mismatch(after.bytes(name)) == -1;
        assertEquals(!name.contains(".memory."), same, name);
      }
    }
    assertTrue(metrics(out, "train").getLast().path("valueGradientNorm").isNumber());
    assertFails(
        3, List.of("nothing to train"), train(plain(), temp.resolve("no"), "--freeze", "backbone"));
    assertFails(3, List.of("encoder.*"), train(temp.resolve("no"), "--freeze", "encoder.*"));
    assertFalse(Files.exists(temp.resolve("no")));
  }

  private static String plain() {
    return temp.resolve("plain").toString();
  }

  @Test
  void aRunThatWasStoppedIsResumedToTheSameBytes() throws IOException {
    Path out = temp.resolve("resumed");
    MaskedTraining.Result stopped = trainUntil(out, after(4));
    assertTrue(stopped.stopped());
    assertEquals("stopped", TinyFolder.json(out.resolve("state.json")).path("state").asString());
    assertEquals(4, stopped.outcome().steps());
    assertEquals(out.resolve("checkpoints/step-00000004"), stopped.model());
    assertFalse(Files.exists(out.resolve("final")));
    TinyFolder.page(out.resolve("report.html"));
    Files.createDirectories(out.resolve("checkpoints/step-00000005")); // died while it was written

    CommandRun resumed = train(out, "--dev", dev, "--evaluate-every", "3", "--json", "--resume");
    assertEquals(0, resumed.exitCode(), resumed.err());
    assertEquals(STEPS, TinyFolder.json(resumed.out()).path("steps").asInt());
    assertArrayEquals(
        Files.readAllBytes(whole.resolve("final/model.safetensors")),
        Files.readAllBytes(out.resolve("final/model.safetensors")));
    assertEquals(List.of(1, 2, 3, 4, 5, 6), steps(metrics(out, "train")));
    assertEquals(losses(whole), losses(out));
    TinyFolder.page(out.resolve("report.html"));
  }

  private static Map<Integer, Double> losses(Path folder) {
    return metrics(folder, "train").stream()
        .collect(
            Collectors.toMap(
                line -> line.path("step").asInt(), line -> line.path("loss").asDouble()));
  }

  @Test
  void aRunThatWasStoppedAtOnceCanBeResumed() throws IOException {
    Path out = temp.resolve("stopped-at-once");
    assertEquals(0, trainUntil(out, () -> true).outcome().steps());
    TinyFolder.page(out.resolve("report.html"));
    CommandRun resumed = train(out, "--resume", "--json");
    assertEquals(0, resumed.exitCode(), resumed.err());
    assertArrayEquals(
        Files.readAllBytes(whole.resolve("final/model.safetensors")),
        Files.readAllBytes(out.resolve("final/model.safetensors")));
  }

  @Test
  void aFinishedRunIsResumedByDoingNothing() throws IOException {
    Path out = temp.resolve("finished");
    assertEquals(0, train(out, "--steps", "2").exitCode());
    byte[] before = Files.readAllBytes(out.resolve("final/model.safetensors"));
    CommandRun again = train(out, "--steps", "2", "--resume", "--json", "--dev", dev);
    assertEquals(0, again.exitCode(), again.err());
    assertEquals(2, TinyFolder.json(again.out()).path("steps").asInt());
    assertArrayEquals(before, Files.readAllBytes(out.resolve("final/model.safetensors")));
    TinyFolder.page(out.resolve("report.html"));
    CommandRun more = train(out, "--steps", "3", "--resume");
    assertEquals(0, more.exitCode(), more.err());
    assertEquals(List.of(1, 2, 3), steps(metrics(out, "train")));
  }

  @Test
  void aModelWithoutAMemoryIsTrainedToo() throws IOException {
    Path out = temp.resolve("without");
    CommandRun without = train(plain(), out, "--steps", "2", "--dropout", "0.1", "--maskings", "1");
    assertEquals(0, without.exitCode(), without.err());
    TinyFolder.page(out.resolve("report.html"));
    assertEquals(
        TinyFolder.json(Path.of(plain(), "config.json")),
        TinyFolder.json(out.resolve("final/config.json")));
  }

  @Test
  void whatIsWrongIsNamedBeforeAnythingIsWritten() {
    Path out = temp.resolve("not-made");
    String missing = temp.resolve("missing.txt").toString();
    assertFails(
        4,
        List.of(missing, "no such file"),
        CommandRun.of("train", "--model", model, "--text", missing, "--out", out.toString()));
    assertFails(4, List.of(missing), train(out, "--dev", missing));
    assertFails(3, List.of("--evaluate-every", "--dev"), train(out, "--evaluate-every", "2"));
    assertFails(3, List.of("tokensPerBatch"), train(out, "--tokens-per-batch", "4"));
    assertFails(3, List.of("train.steps"), train(out, "--steps", "0"));
    assertFails(3, List.of("train.learningRate"), train(out, "--learning-rate", "-1"));
    assertFails(3, List.of("hidden_dropout_prob"), train(out, "--dropout", "1"));
    assertFails(3, List.of("train.maskings"), train(out, "--maskings", "-1"));
    assertFails(3, List.of("maxLength"), train(out, "--max-length", "1"));
    assertFails(2, List.of("--schedule"), train(out, "--schedule", "steep"));
    assertFails(3, List.of("--resume", "checkpoint"), train(out, "--resume"));
    assertFalse(Files.exists(out));
  }

  @Test
  void aRunIsNeverOverwritten() {
    assertFails(3, List.of(whole.toString(), "--resume"), train(whole));
  }

  @Test
  void theSameSeedGivesTheSameModel() throws IOException {
    Path again = temp.resolve("again");
    assertEquals(0, train(again, "--dev", dev, "-q").exitCode());
    assertArrayEquals(
        Files.readAllBytes(whole.resolve("final/model.safetensors")),
        Files.readAllBytes(again.resolve("final/model.safetensors")));
    assertEquals(new TreeSet<>(Set.of("step-00000006")), names(again.resolve("checkpoints")));
  }

  private static TreeSet<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
