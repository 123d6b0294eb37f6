package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.app.cli.TinyTraining.assertFails;
import static org.mneme.app.cli.TinyTraining.metrics;
import static org.mneme.app.cli.TinyTraining.steps;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import org.mneme.checkpoint.SafetensorsFile;
import tools.jackson.databind.JsonNode;

/// Training on the command line, from settings to a run folder.
class TrainTest {
  private static final int STEPS = TinyTraining.STEPS;
  private static final String MEMORY =
      "model.memory={layers: [1], layer: {type: product-key, keysPerSide: 8, heads: 2,"
          + " slotsPerHead: 4, queryDim: 8, valueInit: zero,"
          + " scoreActivation: {type: scaled-softmax, start: 5}}}";

  @TempDir private static Path temp;
  private static TinyTraining training = new TinyTraining(Path.of(""));
  private static Path whole = Path.of("");
  private static CommandRun run = new CommandRun(1, "", "");

  @BeforeAll
  static void train() {
    training = TinyTraining.in(temp);
    whole = temp.resolve("whole");
    run = training.good(whole, training.evaluating(MEMORY, "--json"));
  }

  /// The lines of `usage.jsonl` that have that key.
  private static List<JsonNode> usage(Path folder, String key) {
    return TinyTraining.wholeLines(folder.resolve("usage.jsonl")).stream()
        .filter(line -> line.has(key))
        .toList();
  }

  @Test
  void theResultIsOnStdout() {
    JsonNode json = TinyFolder.json(run.out());
    assertEquals(STEPS, json.path("steps").asInt());
    assertFalse(json.path("stopped").asBoolean(true));
    assertEquals("limit", json.path("ending").asString());
    assertTrue(json.path("tokens").asInt() > 0);
    assertTrue(json.path("msPerStep").asDouble() > 0);
    assertEquals(Math.log(104), json.path("loss").asDouble(), 0.5);
    assertEquals(
        Set.of("loss", "perplexity", "accuracy", "targets", "tokens"),
        Set.copyOf(json.path("dev").propertyNames()));
    assertEquals(whole.resolve("final").toString(), json.path("model").asString());
    CommandRun plain =
        training.good(
            temp.resolve("plain-text"),
            "train.stop.steps=2",
            "data.dev=" + temp.resolve("dev.txt"));
    assertTrue(plain.out().contains("done after 2 steps"), plain.out());
    assertTrue(plain.out().contains("held out: loss"), plain.out());
  }

  @Test
  void theRunFolderHoldsSettingsMetricsModelAndPage() throws IOException {
    try (Stream<Path> files = Files.list(whole)) {
      assertEquals(
          Set.of(
              "checkpoints",
              "config.resolved.yaml",
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
    String command = TinyFolder.json(whole.resolve("provenance.json")).path("command").asString();
    assertTrue(command.startsWith("./mneme train " + training.file() + " --set "), command);
    assertEquals(
        List.of(1, 2, 3, 4, 5, 6), steps(metrics(whole, "train")), "every step has its line");
    assertEquals(List.of(3, 6), steps(metrics(whole, "dev")));
    Set<String> keys = Set.of("step", "split", "loss", "lr", "tokens", "tokensPerSecond");
    assertEquals(
        List.of(),
        TinyTraining.wholeLines(whole.resolve("metrics.jsonl")).stream()
            .filter(line -> !keys.stream().allMatch(key -> line.path(key).isValueNode()))
            .toList());
    assertEquals("finished", TinyFolder.json(whole.resolve("state.json")).path("state").asString());
    String page =
        TinyFolder.page(whole.resolve("report.html")).getDocumentElement().getTextContent();
    assertTrue(page.contains("evaluated"), "no evaluations on the page");
    assertTrue(page.contains("layer 1, head 0"), "no use of the memory on the page");
  }

  @Test
  void theSettingsInTheRunFolderAreAllAndRepeatTheRun() throws IOException {
    Path settings = whole.resolve("config.resolved.yaml");
    String text = TinyFolder.read(settings);
    assertTrue(run.err().contains(text.strip()), "settings are printed as they are stored");
    assertTrue(text.contains("out: " + whole), text);
    assertTrue(text.contains("warmupSteps: 2"), text);
    assertTrue(text.contains("keysPerSide: 8"), text);
    Path again = temp.resolve("again");
    CommandRun repeated = CommandRun.of("train", settings.toString(), "--out", "" + again, "-q");
    assertEquals(0, repeated.exitCode(), repeated.err());
    TinyTraining.assertSameEnd(whole, again, STEPS);
    assertEquals(Set.of("step-00000006", ".lock"), names(again.resolve("checkpoints")));
  }

  private static Set<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    }
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
    training.good(out, MEMORY, "train.revival={target: keys, window: 2, threshold: 0.9}");
    List<JsonNode> lines = usage(out, "revived");
    assertEquals(List.of(2, 4), steps(lines)); // none at the end
    assertTrue(
        lines.getFirst().path("revived").path("bert.encoder.layer.1.memory.keys").asInt() > 0);
    assertEquals(List.of(), usage(whole, "revived"));
    assertFails(
        3,
        List.of("train.revival", "rows", "keys"),
        training.train(temp.resolve("never"), MEMORY, "train.revival.target=rows"));
  }

  @Test
  void theLastEvaluationIsTheFinalModels() {
    String model = whole.resolve("final").toString();
    String dev = temp.resolve("dev.txt").toString();
    CommandRun evaluated = CommandRun.of("evaluate", "--model", model, "--text", dev, "--json");
    JsonNode scored = TinyFolder.json(evaluated.out());
    JsonNode last = metrics(whole, "dev").getLast();
    assertEquals(scored.path("loss").asDouble(), last.path("loss").asDouble(), 1e-6);
    assertEquals(scored.path("targets").asInt(), last.path("targets").asInt());
    assertEquals(last.path("loss"), TinyFolder.json(run.out()).path("dev").path("loss"));
  }

  @Test
  void trainingTeaches() {
    Path out = temp.resolve("longer");
    CommandRun longer =
        training.good(
            out,
            MEMORY,
            "train.stop.steps=60",
            "optimizer.learningRate=5e-3",
            "data.dev=" + temp.resolve("text.txt"),
            "--json",
            "-q");
    assertEquals("", longer.err());
    double loss = TinyFolder.json(longer.out()).path("dev").path("loss").asDouble();
    assertTrue(loss < 3.5, "loss " + loss);
    assertEquals(List.of(60), steps(metrics(out, "dev")));
    String page = TinyFolder.page(out.resolve("report.html")).getDocumentElement().getTextContent();
    assertTrue(page.contains("top-1 ceiling"), "no history of use on the page of a quiet run");
  }

  @Test
  void frozenParametersStay() throws IOException {
    String augmented = temp.resolve("augmented").toString();
    CommandRun added =
        CommandRun.of("augment", "" + temp.resolve("bert"), "--layers", "1", "--out", augmented);
    assertEquals(0, added.exitCode(), added.err());
    Path out = temp.resolve("frozen");
    CommandRun frozen =
        training.good(
            out,
            "model.path=" + augmented,
            "train.freeze=[backbone]",
            "optimizer.valueClipNorm=1",
            "--json",
            "--progress=json");
    List<JsonNode> progress =
        frozen.err().lines().filter(line -> line.startsWith("{")).map(TinyFolder::json).toList();
    assertFalse(progress.isEmpty(), frozen.err());
    assertTrue(progress.getFirst().path("done").isNumber());
    try (var before = SafetensorsFile.open(Path.of(augmented, "model.safetensors"));
        var after = SafetensorsFile.open(out.resolve("final/model.safetensors"))) {
      assertEquals(before.entries().keySet(), after.entries().keySet());
      for (String name : before.entries().keySet()) {
        boolean same = before.bytes(name).mismatch(after.bytes(name)) == -1;
        assertEquals(!name.contains(".memory."), same, name);
      }
    }
    assertTrue(metrics(out, "train").getLast().path("valueGradientNorm").isNumber());
  }

  @Test
  void adaptersAreTrainedAloneAndUsed() throws IOException {
    Path llama = temp.resolve("llama");
    Path out = temp.resolve("adapters");
    training.good(
        out,
        training.evaluating(
            "model.path=" + llama,
            "model.adapters={layers: [-1], rank: 2}",
            "objective.type=causal",
            "data.batches.layout=packed",
            "train.freeze=[backbone]",
            "optimizer.learningRate=0.05",
            "train.stop.steps=30"));
    Path last = out.resolve("final");
    assertEquals(
        TinyFolder.json(llama.resolve("config.json")),
        TinyFolder.json(last.resolve("config.json")));
    assertArrayEquals(
        Files.readAllBytes(llama.resolve("model.safetensors")),
        Files.readAllBytes(last.resolve("model.safetensors")));
    try (var adapters = SafetensorsFile.open(last.resolve("adapter_model.safetensors"))) {
      assertEquals(14, adapters.entries().size());
      assertTrue(adapters.entries().keySet().stream().allMatch(name -> name.contains("layers.1.")));
    }
    String dev = "" + temp.resolve("dev.txt");
    double before = evaluated(llama, dev);
    double after = evaluated(last, dev);
    assertTrue(after < before - 0.05, before + " to " + after);
    assertEquals(
        metrics(out, "dev").getLast().path("loss").asDouble(), after, 0.01, "packed otherwise");
    CommandRun written =
        CommandRun.of("generate", "--model", "" + last, "--prompt", "the cat", "--max-tokens", "4");
    assertEquals(0, written.exitCode(), written.err());
    Path further = temp.resolve("further");
    String[] again = {"model.path=" + last, "objective.type=causal", "train.freeze=[backbone]"};
    training.good(further, again);
    assertTrue(Files.exists(further.resolve("final/adapter_config.json")), "it goes on with them");
    CommandRun twice =
        training.train(temp.resolve("twice"), again[0], again[1], "model.adapters={layers: [0]}");
    assertEquals(3, twice.exitCode(), twice.err());
    assertTrue(twice.err().contains("has adapters already"), twice.err());
  }

  private static double evaluated(Path model, String text) {
    CommandRun run = CommandRun.of("evaluate", "--model", "" + model, "--data", text, "--json");
    assertEquals(0, run.exitCode(), run.err());
    return TinyFolder.json(run.out()).path("loss").asDouble();
  }

  @Test
  void aModelWithoutAMemoryIsTrainedToo() {
    Path out = temp.resolve("without");
    training.good(out, "train.stop.steps=2", "model.dropout=0.1", "objective.maskings=1");
    TinyFolder.page(out.resolve("report.html"));
    assertEquals(
        TinyFolder.json(temp.resolve("bert/config.json")),
        TinyFolder.json(out.resolve("final/config.json")));
  }

  @Test
  void aModelFromScratchGetsItsTokenizer() throws IOException {
    Path out = temp.resolve("scratch");
    training.good(
        out,
        "model={new: {type: distilbert, dim: 16, layers: 1, heads: 2, positions: 40}, tokenizer: "
            + temp.resolve("bert")
            + "}");
    assertArrayEquals(
        Files.readAllBytes(temp.resolve("bert/tokenizer.json")),
        Files.readAllBytes(out.resolve("final/tokenizer.json")));
    assertEquals(
        "distilbert",
        TinyFolder.json(out.resolve("final/config.json")).path("model_type").asString());
  }
}
