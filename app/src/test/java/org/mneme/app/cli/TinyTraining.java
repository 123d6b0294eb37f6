package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.mneme.app.TinyFolder;
import org.mneme.app.run.TrainingResult;
import org.mneme.app.run.TrainingRun;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.config.Binder;
import org.mneme.config.Settings;
import org.mneme.run.Recipes;
import org.mneme.run.Resume;
import org.mneme.run.RunConfig;
import org.mneme.run.RunFolder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// `mneme train` on a tiny model and texts of its words, and what it leaves behind.
///
/// @param file of settings: a BERT without memories, 6 steps
record TinyTraining(Path file) {
  static final int STEPS = 6;

  /// What the clock says.
  private static final List<String> CLOCK = List.of("seconds", "tokensPerSecond", "residentBytes");

  /// Writes models (`bert`, `gpt2`, `llama`), texts and settings into `folder`.
  static TinyTraining in(Path folder) {
    Path bert = TinyFolder.model(folder.resolve("bert"));
    TinyFolder.causal(folder.resolve("gpt2"));
    TinyFolder.llama(folder.resolve("llama"));
    Path text = TinyFolder.text(folder.resolve("text.txt"), 80, 1);
    TinyFolder.text(folder.resolve("dev.txt"), 20, 2);
    return new TinyTraining(
        TinyFolder.write(
            folder.resolve("run.yaml"),
            List.of(
                "model: {path: " + bert + "}",
                "data:",
                "  train: " + text,
                "  cache: " + folder.resolve("cache"),
                "  batches: {tokensPerBatch: 160, maxLength: 40}",
                "objective: {type: masked}",
                "train: {stop: {steps: " + STEPS + "}}",
                "optimizer: {schedule: {type: linear, warmupSteps: 2}}")));
  }

  /// A file or folder beside the settings.
  Path path(String name) {
    return file.resolveSibling(name);
  }

  /// Evaluates every third step.
  String[] evaluating(String... more) {
    return Stream.concat(
            Stream.of("data.dev=" + path("dev.txt"), "train.evaluateEvery=3"), Stream.of(more))
        .toArray(String[]::new);
  }

  /// Arguments that train into `out`; what has an equals sign and no dashes is a setting.
  String[] arguments(Path out, String... more) {
    List<String> arguments = new ArrayList<>(List.of("train", file.toString()));
    for (String one : more) {
      if (one.contains("=") && !one.startsWith("-")) {
        arguments.add("--set");
      }
      arguments.add(one);
    }
    arguments.addAll(List.of("--out", out.toString()));
    return arguments.toArray(String[]::new);
  }

  /// Trains, well or not.
  CommandRun train(Path out, String... more) {
    return CommandRun.of(arguments(out, more));
  }

  /// Trains to the end.
  CommandRun good(Path out, String... more) {
    CommandRun run = train(out, more);
    assertEquals(0, run.exitCode(), run.err());
    return run;
  }

  /// Trains until `stop` says so, which is not asked while texts are tokenised.
  TrainingResult trainUntil(Path out, BooleanSupplier stop, String... settings) {
    Settings written = Recipes.settings(file.toString()).with(List.of(settings));
    RunConfig config = Binder.bind(written, RunConfig.class);
    var nowhere = new PrintStream(PrintStream.nullOutputStream());
    BooleanSupplier inTraining =
        () -> Files.exists(out.resolve(RunFolder.SETTINGS)) && stop.getAsBoolean();
    try {
      return new TrainingRun(new Console(nowhere, nowhere), config, out, "typed", inTraining)
          .run(new Resume.None());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /// Stops before step `steps`, counted from 0.
  static BooleanSupplier after(int steps) {
    var asked = new AtomicInteger();
    return () -> asked.getAndIncrement() >= steps;
  }

  /// Fails unless it ended with that code and one line of error, which holds each of `parts`.
  static void assertFails(int exitCode, List<String> parts, CommandRun run) {
    assertEquals(exitCode, run.exitCode(), run.err());
    assertEquals("", run.out());
    List<String> errors = run.err().lines().filter(line -> line.startsWith("mneme: ")).toList();
    assertEquals(1, errors.size(), run.err());
    assertTrue(run.err().strip().endsWith(errors.getFirst()), run.err());
    parts.forEach(part -> assertTrue(errors.getFirst().contains(part), errors.getFirst()));
  }

  /// Fails unless both runs came to the same bits: weights, moments, counters and metrics.
  static void assertSameEnd(Path expected, Path found, long steps) {
    Path step = Path.of("checkpoints", "step-%08d".formatted(steps));
    for (Path file :
        List.of(
            Path.of("final", "model.safetensors"),
            Path.of("final", "adapter_model.safetensors"),
            step.resolve("model.safetensors"),
            step.resolve("adapter_model.safetensors"),
            step.resolve("trainer.safetensors"))) {
      boolean there = !file.endsWith("adapter_model.safetensors") || hasAdapters(expected);
      assertEquals(there, Files.exists(expected.resolve(file)), file.toString());
      if (there) {
        assertSameTensors(expected.resolve(file), found.resolve(file));
      }
    }
    assertEquals(metrics(expected), metrics(found));
  }

  private static boolean hasAdapters(Path run) {
    return Files.exists(run.resolve("final/adapter_config.json"));
  }

  private static void assertSameTensors(Path expected, Path found) {
    try (SafetensorsFile one = SafetensorsFile.open(expected);
        SafetensorsFile other = SafetensorsFile.open(found)) {
      assertEquals(one.entries(), other.entries());
      for (String name : one.entries().keySet()) {
        if (!name.equals("trainer.seconds")) {
          assertEquals(-1, one.bytes(name).mismatch(other.bytes(name)), found + " " + name);
        }
      }
    }
  }

  /// The lines of `metrics.jsonl` without what the clock says; half a last line does not count.
  static List<ObjectNode> metrics(Path run) {
    return wholeLines(run.resolve("metrics.jsonl")).stream()
        .map(line -> line.asObject().remove(CLOCK))
        .toList();
  }

  /// The same of one split, with the clock's figures.
  static List<JsonNode> metrics(Path run, String split) {
    return wholeLines(run.resolve("metrics.jsonl")).stream()
        .filter(line -> line.path("split").asString().equals(split))
        .toList();
  }

  /// What a file of JSON lines holds; nothing where there is none.
  static List<JsonNode> wholeLines(Path file) {
    String text = Files.exists(file) ? TinyFolder.read(file) : "";
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().map(TinyFolder::json).toList();
  }

  static List<Integer> steps(List<JsonNode> lines) {
    return lines.stream().map(line -> line.path("step").asInt()).toList();
  }
}
