package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mneme.app.TinyFolder;
import org.mneme.app.run.SeededRuns;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.config.Binder;
import org.mneme.config.Settings;
import org.mneme.data.task.TaskType;
import org.mneme.run.Recipes;
import org.mneme.run.Resume;
import org.mneme.run.RunConfig;
import tools.jackson.databind.JsonNode;

/// Fine-tuning on the command line, from labelled files to a model with a head.
class FinetuneTest {
  private static final String NO_DECAY =
      "optimizer.groups=[{match: '*word_embeddings*', weightDecay: 0}]";

  @TempDir private static Path temp;
  private static String model = "";
  private static TinyTasks tasks = new TinyTasks(Path.of(""));

  @BeforeAll
  static void write() {
    model = TinyFolder.model(temp.resolve("bert")).toString();
    tasks = new TinyTasks(temp);
  }

  private static List<String> arguments(TaskType task, Path out, String... more) {
    List<String> given = List.of(more);
    List<String> arguments = new ArrayList<>(List.of("finetune", "--model", model, "--json"));
    Map.of(
            "--task", task.label(),
            "--out", out.toString(),
            "--train", tasks.file(task, "train", 96).toString(),
            "--dev", tasks.file(task, "dev", 24).toString(),
            "--batch-size", "8",
            "--max-length", "32",
            "--learning-rate", "5e-3")
        .forEach((name, value) -> {
          if (!given.contains(name)) {
            arguments.addAll(List.of(name, value));
          }
        });
    arguments.addAll(List.of("--set", "optimizer.schedule.warmupSteps=2"));
    arguments.addAll(List.of("--set", "model.dropout=0"));
    arguments.addAll(given);
    return arguments;
  }

  private static JsonNode tune(TaskType task, Path out, String... more) {
    return TinyFolder.json(
        CommandRun.good(arguments(task, out, more).toArray(String[]::new)).out());
  }

  @ParameterizedTest
  @EnumSource(TaskType.class)
  void everyTaskIsLearnt(TaskType task, @TempDir Path folder) {
    String epochs = task == TaskType.MULTI_LABEL ? "150" : "12";
    JsonNode result = tune(task, folder.resolve("run"), "--epochs", epochs);
    JsonNode dev = result.path("mean");
    String figure =
        switch (task) {
          case CLASSIFICATION, CHOICE -> "accuracy";
          case MULTI_LABEL -> "subsetAccuracy";
          case REGRESSION -> "pearson";
          case TOKENS -> "tokenAccuracy";
          case QUESTIONS -> "exactMatch";
        };
    assertTrue(dev.path(figure).asDouble() > 0.95, dev.toString());
    assertEquals(dev, result.path("runs").path(0).path("dev"));
    JsonNode config = TinyFolder.json(folder.resolve("run/final/config.json"));
    assertEquals(task.usesLabels(), config.path("id2label").size() > 1, config.toString());
  }

  @ParameterizedTest
  @CsvSource({"CLASSIFICATION", "TOKENS", "QUESTIONS"})
  void withTheWordsOfTheDataAloneItComesToTheSameFile(TaskType task, @TempDir Path folder)
      throws IOException {
    Path all = folder.resolve("all");
    Path some = folder.resolve("some");
    JsonNode whole = tune(task, all, "--set", NO_DECAY);
    JsonNode partial = tune(task, some, "--set", NO_DECAY, "--partial-embeddings");
    assertEquals(whole.path("mean"), partial.path("mean"));
    for (String file : List.of("model.safetensors", "config.json", "tokenizer.json")) {
      assertArrayEquals(
          Files.readAllBytes(all.resolve("final").resolve(file)),
          Files.readAllBytes(some.resolve("final").resolve(file)),
          file);
    }
  }

  @Test
  void severalSeedsHaveFoldersOfTheirOwnAndASpread(@TempDir Path folder) {
    JsonNode result = tune(TaskType.CLASSIFICATION, folder, "--seeds", "3,1", "--epochs", "1");
    double first = dev(folder.resolve("seed-3"));
    double second = dev(folder.resolve("seed-1"));
    assertTrue(first != second);
    assertEquals((first + second) / 2, result.path("mean").path("loss").asDouble(), 1e-12);
    assertEquals(
        Math.abs(first - second) / Math.sqrt(2),
        result.path("deviation").path("loss").asDouble(),
        1e-12);
    assertEquals(result, TinyFolder.json(folder.resolve("results.json")));
    assertEquals(2, result.path("runs").size());
  }

  @Test
  void seedsThatWereStoppedGoOnWhereTheyWere(@TempDir Path folder) throws IOException {
    String[] more = {"--seeds", "1,2", "--epochs", "1"};
    Path whole = folder.resolve("whole");
    tune(TaskType.CLASSIFICATION, whole, more);
    Path stopped = folder.resolve("stopped");
    Settings written =
        Recipes.settings("finetune")
            .with(List.of("data.train=" + tasks.file(TaskType.CLASSIFICATION, "train", 96)))
            .with(List.of("data.dev=" + tasks.file(TaskType.CLASSIFICATION, "dev", 24)))
            .with(List.of("model={path: " + model + ", dropout: 0}", "objective.batch=8"))
            .with(List.of("data.batches.maxLength=32", "train.stop={epochs: 1}"))
            .with(List.of("optimizer.learningRate=5e-3", "optimizer.schedule.warmupSteps=2"));
    RunConfig config = Binder.bind(written, RunConfig.class);
    var nowhere =
        new Console(
            new PrintStream(PrintStream.nullOutputStream()),
            new PrintStream(PrintStream.nullOutputStream()));
    BooleanSupplier inSecond = () -> TinyTraining.metrics(stopped.resolve("seed-2")).size() >= 5;
    SeededRuns.Results results =
        new SeededRuns(nowhere, config, List.of(1L, 2L), stopped, "typed", inSecond)
            .run(new Resume.None());
    assertTrue(results.stopped());
    assertEquals(2, results.runs().size());
    assertFalse(Files.exists(stopped.resolve("results.json")));
    tune(TaskType.CLASSIFICATION, stopped, "--seeds", "1,2", "--epochs", "1", "--resume", "auto");
    for (String seed : List.of("seed-1", "seed-2")) {
      TinyTraining.assertSameEnd(whole.resolve(seed), stopped.resolve(seed), 12);
    }
    assertEquals(
        TinyFolder.json(whole.resolve("results.json")).path("mean"),
        TinyFolder.json(stopped.resolve("results.json")).path("mean"));
  }

  @Test
  void aRunGoesOnWithWhatItWasOnly(@TempDir Path folder) {
    tune(TaskType.CLASSIFICATION, folder, "--set", "train.stop.steps=3");
    assertRefused(folder, "model.partialEmbeddings", "--partial-embeddings");
    assertRefused(folder, "objective.labels", "--labels", "thing,animal");
    assertRefused(
        folder,
        "objective.task",
        "--task",
        "regression",
        "--train",
        tasks.file(TaskType.REGRESSION, "train", 96).toString());
    assertRefused(folder, "data.train", "--label-separator", ";");
    assertRefused(folder, "--resume", "--seeds", "1,2", "--resume", folder.toString());
  }

  @Test
  void aRunGoesOnWithoutTheModelItBeganWith(@TempDir Path folder) throws IOException {
    Path base = Files.move(TinyFolder.model(temp.resolve("moved")), folder.resolve("base"));
    List<String> arguments =
        new ArrayList<>(
            arguments(
                TaskType.CLASSIFICATION, folder.resolve("run"), "--set", "train.stop.steps=3"));
    arguments.set(arguments.indexOf(model), base.toString());
    CommandRun.good(arguments.toArray(String[]::new));
    Files.move(base, folder.resolve("gone"));
    arguments.addAll(List.of("--set", "train.stop.steps=5", "--resume", "auto"));
    CommandRun.good(arguments.toArray(String[]::new));
  }

  @Test
  void theHeadThatAModelHasKeepsItsOrder(@TempDir Path folder) {
    tune(TaskType.CLASSIFICATION, folder.resolve("run"), "--set", "train.stop.steps=1");
    List<String> arguments =
        new ArrayList<>(
            arguments(
                TaskType.CLASSIFICATION, folder.resolve("again"), "--labels", "thing,animal"));
    arguments.set(arguments.indexOf(model), folder.resolve("run/final").toString());
    CommandRun again = CommandRun.of(arguments.toArray(String[]::new));
    assertTrue(again.err().contains("in the order [animal, thing]"), again.err());
    arguments.addAll(List.of("--new-head", "--set", "train.stop.steps=1"));
    CommandRun.good(arguments.toArray(String[]::new));
  }

  private static void assertRefused(Path run, String part, String... more) {
    List<String> all = new ArrayList<>(List.of(more));
    if (!all.contains("--resume")) {
      all.addAll(List.of("--resume", "auto"));
    }
    CommandRun again =
        CommandRun.of(
            arguments(TaskType.CLASSIFICATION, run, all.toArray(String[]::new))
                .toArray(String[]::new));
    String error = again.err().lines().toList().getLast();
    assertTrue(error.startsWith("mneme: " + part), error);
    assertTrue(List.of(3, 4).contains(again.exitCode()), error);
  }

  @Test
  void aBestThatCannotBeToldIsNotedAndCostsNothing(@TempDir Path folder) {
    String best = "checkpoint.keepBest={metric: acuracy, mode: max}";
    String[] more = {"--set", best, "--set", "train.stop.steps=2"};
    CommandRun run =
        CommandRun.good(arguments(TaskType.CLASSIFICATION, folder, more).toArray(String[]::new));
    assertTrue(run.err().contains("\"acuracy\" is not evaluated, take one of loss"), run.err());
    assertTrue(Files.exists(folder.resolve("final")));
  }

  @Test
  void theSeedMayBeASettingButNotBoth(@TempDir Path folder) {
    tune(TaskType.CLASSIFICATION, folder, "--set", "seed=7", "--set", "train.stop.steps=2");
    assertTrue(TinyFolder.read(folder.resolve("config.resolved.yaml")).contains("seed: 7"));
    assertFails("contradict", "--set", "seed=7", "--seeds", "1,2");
  }

  private static double dev(Path run) {
    return TinyTraining.metrics(run, "dev").getLast().path("loss").asDouble();
  }

  @Test
  void aModelThatWasTunedIsTunedFurtherWithItsHead(@TempDir Path folder) {
    Path first = folder.resolve("first");
    tune(TaskType.CLASSIFICATION, first, "--epochs", "6");
    String[] more = {
      "--set", "model.path=" + first.resolve("final"), "--set", "train.stop.steps=1"
    };
    double kept =
        tune(TaskType.CLASSIFICATION, folder.resolve("kept"), more)
            .path("mean")
            .path("accuracy")
            .asDouble();
    assertTrue(kept > 0.95);
    String[] fresh = {more[0], more[1], more[2], more[3], "--new-head", "--learning-rate", "0"};
    double drawn =
        tune(TaskType.CLASSIFICATION, folder.resolve("fresh"), fresh)
            .path("mean")
            .path("loss")
            .asDouble();
    assertTrue(drawn > 0.3, "loss " + drawn);
  }

  @Test
  void ofAMemoryThatRowsAreReadFromOnlyThoseChange(@TempDir Path folder) {
    Path augmented = folder.resolve("augmented");
    CommandRun.good(
        "augment",
        model,
        "--layers",
        "1",
        "--keys-per-side",
        "16",
        "--heads",
        "2",
        "--slots-per-head",
        "2",
        "--query-dim",
        "8",
        "--out",
        augmented.toString());
    String path = "model.path=" + augmented;
    tune(TaskType.CLASSIFICATION, folder.resolve("tuned"), "--set", path, "--epochs", "1");
    tune(
        TaskType.CLASSIFICATION,
        folder.resolve("frozen"),
        "--set",
        path,
        "--epochs",
        "1",
        "--set",
        "train.freeze=['*.memory.values*']");
    float[] before = values(augmented);
    float[] tuned = values(folder.resolve("tuned/final"));
    long changed = IntStream.range(0, 256).filter(row -> !sameRow(before, tuned, row)).count();
    assertTrue(changed > 0 && changed < 256, changed + " rows changed");
    assertArrayEquals(before, values(folder.resolve("frozen/final")));
  }

  private static boolean sameRow(float[] one, float[] other, int row) {
    return Arrays.equals(one, row * 16, row * 16 + 16, other, row * 16, row * 16 + 16);
  }

  private static float[] values(Path folder) {
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("model.safetensors"))) {
      String name =
          file.entries().keySet().stream()
              .filter(key -> key.contains(".memory.values"))
              .findFirst()
              .orElseThrow();
      return file.bytes(name).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }
  }

  @Test
  void languageModelsAreTunedToo(@TempDir Path folder) {
    String text = TinyFolder.text(folder.resolve("text.txt"), 60, 1).toString();
    String causal = TinyFolder.causal(folder.resolve("gpt2")).toString();
    for (List<String> one : List.of(List.of("masked", model), List.of("causal", causal))) {
      Path run = folder.resolve(one.getFirst());
      CommandRun tuned =
          CommandRun.good(
              "finetune",
              "--task",
              one.getFirst(),
              "--model",
              one.getLast(),
              "--train",
              text,
              "--dev",
              text,
              "--out",
              run.toString(),
              "--epochs",
              "1",
              "--batch-size",
              "8",
              "--max-length",
              "32",
              "--partial-embeddings",
              "--set",
              "data.cache=" + folder.resolve("cache"));
      assertTrue(tuned.err().contains("losses are those of a choice among these alone"));
      assertTrue(Files.exists(run.resolve("final/model.safetensors")));
    }
  }

  @Test
  void badRecordsAreLeftOutAndFormatsNamedWhereThatIsAskedFor(@TempDir Path folder) {
    String data =
        file(
            "odd.data",
            "{\"text\":\"the tree\",\"label\":\"a\"}",
            "{oh",
            "{\"text\":\"the cat\",\"label\":\"b\"}");
    JsonNode unused =
        tune(
            TaskType.CLASSIFICATION,
            folder.resolve("odd"),
            "--train",
            data,
            "--dev",
            data,
            "--format",
            "jsonl",
            "--max-bad",
            "1",
            "--epochs",
            "1");
    assertFails("line 2: broken JSON", "--train", data, "--format", "jsonl");
  }

  @Test
  void whatIsWrongIsSaidWithItsPlace(@TempDir Path folder) {
    assertFails("; did you mean classification?", "--task", "clasification");
    assertFails(
        "dev.tsv, line 2: label 'plant' is none of animal, thing",
        "--dev",
        file("dev.tsv", "sentence\tlabel", "the tree\tplant"));
    assertFails("no column", "--train", file("a.tsv", "words\tlabel", "the tree\tthing"));
    assertFails(
        "line 2",
        "--task",
        "regression",
        "--train",
        file("b.tsv", "sentence\tscore", "the tree\thigh"));
    assertFails(
        "line 3", "--train", file("c.tsv", "sentence\tlabel", "the tree\tthing", "the cat"));
    assertFails(
        "one.tsv: all examples have the label 'thing'",
        "--train",
        file("one.tsv", "sentence\tlabel", "the tree\tthing"));
    assertFails("none.tsv: there are no examples", "--train", file("none.tsv", "sentence\tlabel"));
    assertFails(
        "odd.conll, line 3: label 'LOC' is none of B-LOC, O; did you mean B-LOC?",
        "--task",
        "tokens",
        "--train",
        file("odd.conll", "tree\tB-LOC", "", "river\tLOC", "the\tO"));
    assertFails("objective.labels", "--labels", "thing,thing");
    assertFails("--max-bad: -1 must be at least 0", "--max-bad", "-1");
    assertFails("--seeds", "--seeds", "1,1");
    assertFails("objective.labels", "--task", "regression", "--labels", "a,b");
    assertFails("--labels", "--task", "masked", "--labels", "a,b");
  }

  private static String file(String name, String... lines) {
    return TinyFolder.write(temp.resolve(name), List.of(lines)).toString();
  }

  private static void assertFails(String part, String... more) {
    Path out = temp.resolve("failed");
    CommandRun run =
        CommandRun.of(arguments(TaskType.CLASSIFICATION, out, more).toArray(String[]::new));
    assertTrue(List.of(2, 3, 4).contains(run.exitCode()), run.err());
    String error = run.err().lines().toList().getLast();
    assertTrue(error.contains(part), error);
    assertFalse(Files.exists(out.resolve("final")));
  }
}
