package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.app.cli.TinyTraining.after;
import static org.mneme.app.cli.TinyTraining.assertSameEnd;
import static org.mneme.app.cli.TinyTraining.metrics;
import static org.mneme.app.cli.TinyTraining.steps;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.app.TinyFolder;
import org.mneme.app.run.TrainingResult;
import org.mneme.data.task.TaskType;

/// Training that was stopped and taken up again ends as if it had not been.
class ResumedTrainTest {
  private static final int STEPS = 9;
  private static final int FIRST = 4;
  private static final String SIZES =
      "keysPerSide: 8, heads: 2, slotsPerHead: 4, queryDim: 8, valueInit: normal";

  @TempDir private static Path temp;
  private static TinyTraining training = new TinyTraining(Path.of(""));

  @BeforeAll
  static void prepare() {
    training = TinyTraining.in(temp);
    TinyTasks tasks = new TinyTasks(temp);
    for (TaskType task : TaskType.values()) {
      var unused = List.of(tasks.file(task, "train", 24), tasks.file(task, "dev", 24));
    }
  }

  /// A kind of training.
  private record Kind(String name, List<String> settings) {
    static Kind of(String name, String... settings) {
      return new Kind(name, List.of(settings));
    }

    /// With the settings of another.
    Kind and(Kind other) {
      List<String> all = new ArrayList<>(settings);
      all.addAll(other.settings);
      return new Kind(name + ", " + other.name, all);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static String memory(String layer) {
    return "model.memory={layers: [0, 1], layer: {" + layer + "}}";
  }

  private static List<Kind> memories() {
    return List.of(
        Kind.of("no memory"),
        Kind.of("product-key", memory("type: product-key, queryNorm: batch, " + SIZES)),
        Kind.of("product-key, layer norm", memory("type: product-key, queryNorm: layer, " + SIZES)),
        Kind.of(
            "flat-key",
            memory("type: flat-key, slots: 64, heads: 2, slotsPerHead: 4, queryDim: 8")),
        Kind.of("memory-plus", memory("type: memory-plus, " + SIZES)),
        Kind.of("peer", memory("type: peer, queryNorm: batch, " + SIZES)),
        Kind.of("dense", memory("type: dense, hidden: 24")),
        Kind.of(
            "bfloat16 table",
            memory("type: product-key, queryNorm: layer, tableType: bfloat16, " + SIZES)),
        Kind.of(
            "one table", memory("type: product-key, queryNorm: layer, sharedTable: one, " + SIZES)),
        Kind.of(
            "in place of the feed-forward",
            memory("type: product-key, queryNorm: layer, " + SIZES),
            "model.memory.placement=replace"));
  }

  private static List<Kind> objectives() {
    Kind causal = Kind.of("causal", "model.path=gpt2", "objective.type=causal");
    return List.of(
        Kind.of("tokens"),
        Kind.of("whole words", "objective.unit=whole-word"),
        Kind.of("spans", "objective.unit=span", "objective.spanLength=2"),
        Kind.of("3 maskings", "objective.maskings=3"),
        causal,
        causal.and(Kind.of("packed", "data.batches.layout=packed")),
        causal.and(Kind.of("packed apart", "data.batches={layout: packed, crossDocuments: false}")),
        causal.and(Kind.of("segments", "data.batches.layout=segments")));
  }

  private static Stream<Kind> features() {
    return Stream.of(
        Kind.of("dropout", "model.dropout=0.1"),
        Kind.of("dropout in memories", memory("type: product-key, valueDropout: 0.2, " + SIZES)),
        Kind.of("accumulate", "train.accumulate=2", "model.dropout=0.1"),
        Kind.of("average", "train.average={decay: 0.9, fromStep: 2}"),
        Kind.of("late average", "train.average={decay: 0.9, fromStep: 6}"),
        Kind.of("gradient checkpointing", "train.gradientCheckpointing=true", "model.dropout=0.1"),
        Kind.of("cross-head", "model.crossHead=0.5"),
        Kind.of(
            "cross-head, gradient checkpointing",
            "model.crossHead=0.5",
            "train.gradientCheckpointing=true"),
        Kind.of("bfloat16", "precision=bfloat16"),
        Kind.of("label smoothing", "train.labelSmoothing=0.1"),
        Kind.of("clipped values", "optimizer.valueClipNorm=0.5"),
        Kind.of("frozen", "train.freeze=[backbone]", "objective.maskings=2"),
        Kind.of("reads at targets", "model.memory.readAt=targets", "train.freeze=[backbone]"),
        Kind.of("revival", "train.revival={target: slots, window: 3, threshold: 0.7}"),
        Kind.of("skipped steps", "train.divergence={policy: skip, explosion: 1.001, window: 2}"),
        Kind.of("documents", "data.batches.layout=documents"),
        Kind.of("segments", "data.batches.layout=segments"),
        Kind.of("epochs", "train.stop={epochs: 2}"),
        Kind.of(
            "schedules",
            "optimizer.schedule={type: cosine, warmupSteps: 3}",
            "optimizer.valueSchedule={type: inverse-square-root, warmupSteps: 2}"),
        Kind.of(
            "groups",
            "optimizer.layerDecay=0.8",
            "optimizer.groups=[{match: '*.bias', rateFactor: 2, weightDecay: 0.1, clipNorm:"
                + " 0.5}]"));
  }

  private static Stream<Kind> tasks() {
    String partial = "model.partialEmbeddings={}";
    Kind memory = Kind.of("memory", memory("type: product-key, queryNorm: layer, " + SIZES));
    Kind words = Kind.of("partial", partial);
    List<Kind> kinds = new ArrayList<>();
    for (TaskType task : TaskType.values()) {
      Kind plain =
          Kind.of(
              task.label(),
              "objective={type: task, task: %s, batch: 8}".formatted(task.label()),
              "model.dropout=0.1",
              "data.train=" + TinyTasks.name(task, "train"),
              "data.dev=" + TinyTasks.name(task, "dev"));
      kinds.addAll(List.of(plain.and(words), plain.and(memory)));
    }
    kinds.add(Kind.of("masked", partial));
    kinds.add(Kind.of("masked, paged in", "model.partialEmbeddings={unseen: page-in}"));
    kinds.add(
        Kind.of(
            "from scratch",
            "model={tokenizer: %s, new: {type: bert, dim: 16, layers: 1, heads: 2, positions: 40}}"
                .formatted(TinyFolder.resources()),
            partial));
    kinds.add(Kind.of("causal", "model.path=gpt2", "objective.type=causal", partial));
    return kinds.stream();
  }

  private static Stream<Kind> adapters() {
    Kind llama = Kind.of("llama", "model.path=llama", "objective.type=causal");
    Kind all = Kind.of("adapters", "model.adapters={rank: 3}");
    Kind frozen = Kind.of("frozen", "train.freeze=[backbone]");
    Kind memory = Kind.of("memory", memory("type: product-key, queryNorm: layer, " + SIZES));
    return Stream.of(
        llama,
        llama.and(all),
        llama.and(all).and(frozen),
        llama.and(all).and(frozen).and(memory),
        llama.and(all).and(frozen).and(Kind.of("bfloat16", "precision=bfloat16")),
        llama.and(all).and(frozen).and(Kind.of("average", "train.average={decay: 0.9}")),
        llama
            .and(Kind.of("some", "model.adapters={layers: [-1], targets: [q_proj, down_proj]}"))
            .and(Kind.of("gradient checkpointing", "train.gradientCheckpointing=true"))
            .and(Kind.of("packed", "data.batches.layout=packed")));
  }

  private static Stream<Kind> recurrent() {
    Kind segments =
        Kind.of(
            "transformer-xl",
            "model={tokenizer: %s, new: {type: transformer-xl, dim: 16, layers: 3, heads: 2,"
                    .formatted(TinyFolder.resources())
                + " memoryLength: 20}}",
            "objective.type=causal",
            "data.batches={layout: segments, tokensPerBatch: 64, maxLength: 8}");
    Kind skips = Kind.of("skip-retain", "model.skipRetain={depth: equal}", "model.crossHead=0.5");
    return Stream.of(
        segments,
        segments.and(skips),
        segments.and(skips).and(Kind.of("dropout", "model.dropout=0.1")),
        segments.and(skips).and(Kind.of("accumulate", "train.accumulate=3")),
        segments.and(skips).and(Kind.of("epochs", "train.stop={epochs: 2}")),
        segments.and(skips).and(Kind.of("second phase by step", "train.secondPhase={atStep: 6}")),
        segments
            .and(skips)
            .and(
                Kind.of(
                    "second phase by plateau",
                    "train.evaluateEvery=1",
                    "train.secondPhase.plateau={minDelta: 9, patience: 3}")),
        segments.and(Kind.of("gradient checkpointing", "train.gradientCheckpointing=true")),
        segments.and(Kind.of("clusters", "model.new.cutoffs=[20, 60]", "model.new.divisor=2")),
        segments.and(Kind.of("partial", "model.partialEmbeddings={}")),
        segments.and(Kind.of("same length", "model.new.sameLength=true")),
        segments.and(Kind.of("slots", memory("type: product-key, queryNorm: layer, " + SIZES))),
        segments.and(Kind.of("lines", "data.batches.layout=lines")));
  }

  static Stream<Kind> kinds() {
    List<Kind> objectives = objectives();
    List<Kind> pairs = new ArrayList<>();
    for (Kind memory : memories()) {
      for (Kind objective : objectives) {
        pairs.add(objective.and(memory));
      }
    }
    Kind usual = memories().get(1);
    return Stream.of(pairs.stream(), features().map(usual::and), tasks(), recurrent(), adapters())
        .flatMap(all -> all);
  }

  private static String[] settings(Kind kind) {
    List<String> all = new ArrayList<>(List.of(training.evaluating("train.stop.steps=" + STEPS)));
    all.add("optimizer.learningRate=5e-3");
    for (String setting : kind.settings) {
      all.add(setting.replaceFirst("^(model.path|data.train|data.dev)=", "$1=" + temp + "/"));
    }
    boolean batchNorm = all.stream().anyMatch(setting -> setting.contains("queryNorm: batch"));
    boolean causal = all.contains("objective.type=causal");
    if (causal && (batchNorm || kind.name.contains("flat-key"))) {
      all.add("objective.allowBatchNorm=true");
    }
    return all.toArray(String[]::new);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aRunThatWasStoppedAndResumedEqualsOneThatWasNot(Kind kind, @TempDir Path folder) {
    String[] settings = settings(kind);
    Path whole = folder.resolve("whole");
    training.good(whole, settings);
    Path resumed = folder.resolve("resumed");
    TrainingResult stopped = training.trainUntil(resumed, after(FIRST), settings);
    assertTrue(stopped.stopped());
    assertEquals(FIRST, stopped.outcome().steps());
    assertEquals(
        IntStream.rangeClosed(1, FIRST).boxed().toList(),
        metrics(resumed).stream()
            .filter(line -> line.path("split").asString().equals("train"))
            .map(line -> line.path("step").asInt())
            .toList());
    CommandRun more =
        training.good(
            resumed,
            Stream.concat(Stream.of(settings), Stream.of("--resume=auto")).toArray(String[]::new));
    assertTrue(more.err().contains("Going on after step " + FIRST), more.err());
    assertFalse(more.err().contains("Changed since"), more.err());
    assertSameEnd(whole, resumed, metrics(whole).getLast().path("step").asInt());
  }

  @Test
  void aStoppedRunHasACheckpointAndAPageButNoModel() throws IOException {
    Path out = temp.resolve("resumed");
    String[] settings = training.evaluating();
    TrainingResult stopped = training.trainUntil(out, after(FIRST), settings);
    assertEquals("stopped", TinyFolder.json(out.resolve("state.json")).path("state").asString());
    assertEquals(out.resolve("checkpoints/step-00000004"), stopped.model());
    assertFalse(Files.exists(out.resolve("final")));
    TinyFolder.page(out.resolve("report.html"));
    Files.createDirectories(out.resolve("checkpoints/step-00000005")); // no checkpoint is in it
    CommandRun resumed = training.good(out, training.evaluating("--json", "--resume=auto"));
    assertEquals(6, TinyFolder.json(resumed.out()).path("steps").asInt());
    assertTrue(resumed.err().contains("step-00000005 is passed over"), resumed.err());
    assertEquals(List.of(1, 2, 3, 4, 5, 6), steps(metrics(out, "train")));
    TinyFolder.page(out.resolve("report.html"));
  }

  @Test
  void aRunThatWasStoppedAtOnceCanBeResumed() {
    Path out = temp.resolve("stopped-at-once");
    TrainingResult stopped = training.trainUntil(out, () -> true);
    assertEquals(0, stopped.outcome().steps());
    assertFalse(stopped.figures().containsKey("model"), "there is none yet");
    assertTrue(stopped.summary().contains("none yet"), stopped.summary());
    TinyFolder.page(out.resolve("report.html"));
    training.good(out, "--resume", "auto");
    Path whole = temp.resolve("at-once");
    training.good(whole);
    assertSameEnd(whole, out, TinyTraining.STEPS);
  }

  @Test
  void aFinishedRunIsResumedByDoingNothing() throws IOException {
    Path out = temp.resolve("finished");
    String[] settings = training.evaluating("train.stop.steps=2");
    training.good(out, settings);
    byte[] before = Files.readAllBytes(out.resolve("final/model.safetensors"));
    String metrics = TinyFolder.read(out.resolve("metrics.jsonl"));
    CommandRun again =
        training.good(out, training.evaluating("train.stop.steps=2", "--json", "--resume=auto"));
    assertEquals(2, TinyFolder.json(again.out()).path("steps").asInt());
    assertTrue(again.err().contains("Nothing is left to do"), again.err());
    assertArrayEquals(before, Files.readAllBytes(out.resolve("final/model.safetensors")));
    assertEquals(metrics, TinyFolder.read(out.resolve("metrics.jsonl")));
    TinyFolder.page(out.resolve("report.html"));
    CommandRun more =
        training.good(out, training.evaluating("train.stop.steps=3", "--resume=auto"));
    assertTrue(more.err().contains("Changed since: train.stop.steps: 3, was 2"), more.err());
    assertFalse(more.err().contains("Nothing is left"), more.err());
    assertEquals(List.of(1, 2, 3), steps(metrics(out, "train")));
  }

  @Test
  void aRunGoesOnInAnotherFolder() {
    Path first = temp.resolve("first");
    training.trainUntil(first, after(FIRST));
    Path second = temp.resolve("second");
    CommandRun stoppedAgain = training.good(second, "--resume", first.toString());
    assertFalse(stoppedAgain.err().contains("Changed since"), stoppedAgain.err());
    assertTrue(Files.exists(second.resolve("checkpoints/step-00000004")), "--resume auto needs it");
    Path whole = temp.resolve("at-one-go");
    training.good(whole);
    assertSameEnd(whole, second, TinyTraining.STEPS);
  }

  @Test
  void aDamagedCheckpointIsPassedOver() throws IOException {
    Path out = temp.resolve("damaged");
    String every = "checkpoint={everySteps: 2, keepLast: 3}";
    training.trainUntil(out, after(FIRST), every);
    Path weights = out.resolve("checkpoints/step-00000004/model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length / 2] ^= 4;
    Files.write(weights, bytes);
    CommandRun resumed = training.good(out, every, "--resume", "auto");
    assertTrue(resumed.err().contains("step-00000004 is passed over"), resumed.err());
    assertTrue(resumed.err().contains("Going on after step 2"), resumed.err());
    Path whole = temp.resolve("undamaged");
    training.good(whole, every);
    assertSameEnd(whole, out, TinyTraining.STEPS);
  }
}
