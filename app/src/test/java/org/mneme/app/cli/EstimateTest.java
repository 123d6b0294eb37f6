package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.app.TinyFolder;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.data.task.TaskType;
import tools.jackson.databind.JsonNode;

/// `mneme estimate`, and what `mneme train` says of memory.
class EstimateTest {
  private static final String MEMORY =
      "model.memory={layers: [1], layer: {type: product-key, keysPerSide: 100, slotsPerHead: 4}}";

  /// A table of a petabyte, which no system gives.
  private static final String ABSURD =
      "model.memory={layers: [1], layer: {type: product-key, keysPerSide: 32768, slotsPerHead: 4,"
          + " queryDim: 2, valueDim: 262144, output: projected}}";

  @TempDir private static Path temp;
  private static TinyTraining training = new TinyTraining(Path.of(""));

  @BeforeAll
  static void prepare() {
    training = TinyTraining.in(temp);
  }

  private static CommandRun estimate(String... more) {
    List<String> arguments =
        Stream.concat(
                Stream.of("estimate", training.file().toString()),
                Stream.of(more).flatMap(one -> Stream.of(one.split("[|]"))))
            .toList();
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  @Test
  void partsAndTotalsAreTold() {
    CommandRun run = estimate("--no-time", "--set", MEMORY);
    assertEquals(0, run.exitCode(), run.err());
    for (String part :
        List.of(
            "memory tables", "dense moments", "row moments", "memory at the most", "disk    ")) {
      assertTrue(run.out().contains(part), run.out());
    }
    assertFalse(run.out().contains("a step"), run.out());
    assertEquals("", run.err());
  }

  /// Some twenty seconds.
  @Test
  void tablesInFilesAreToldApart() throws Exception {
    List<String> arguments =
        List.of("estimate", training.file().toString(), "--no-time", "--json", "--set", MEMORY);
    CommandRun run = CommandRun.inOwnJvm(List.of("-Dmneme.tables=" + temp), arguments);
    assertEquals(0, run.exitCode());
    JsonNode bytes = TinyFolder.json(run.out());
    assertEquals(4 * 10_000 * 16, bytes.path("fileBytes").path("tables").asLong());
    assertEquals(2 * 4 * 10_000 * 16, bytes.path("fileBytes").path("row moments").asLong());
    assertTrue(bytes.path("memoryBytes").path("tables").isMissingNode());
    long sum = bytes.path("memoryBytes").valueStream().mapToLong(JsonNode::asLong).sum();
    assertEquals(sum, bytes.path("peakBytes").asLong());
  }

  @Test
  void aTaskTakesWhatItsBatchesTakeAndScoresNoWord() {
    long small = task(8).path("memoryBytes").path("activations").asLong();
    JsonNode large = task(64);
    assertEquals(8, large.path("memoryBytes").path("activations").asDouble() / small, 0.01);
    assertTrue(large.path("memoryBytes").path("logits").isMissingNode(), large.toString());
  }

  private static JsonNode task(int batch) {
    return TinyFolder.json(estimate(objective(batch), "--no-time", "--json").out());
  }

  private static String objective(int batch) {
    Path file = new TinyTasks(temp).file(TaskType.CLASSIFICATION, "train", 40);
    return "--set=objective={type: task, task: classification, batch: %d}|--set=data.train=%s"
        .formatted(batch, file);
  }

  @Test
  void timeIsMeasuredUnlessAskedNotTo() {
    CommandRun run = estimate("--json", "--set", "train.stop={tokens: 1000000}");
    assertEquals(0, run.exitCode(), run.err());
    JsonNode json = TinyFolder.json(run.out());
    double seconds = json.path("secondsPerStep").asDouble();
    assertTrue(seconds > 0 && json.path("measuredSteps").asInt() > 2, run.out());
    double whole = 1e6 / json.path("tokensPerSecond").asDouble();
    assertEquals(whole, json.path("runSeconds").asDouble(), 1e-6 * whole);
  }

  @Test
  void jsonHasNumbers() {
    JsonNode json = TinyFolder.json(estimate("--no-time", "--json", "--set", MEMORY).out());
    assertEquals(10_000 * 16, json.path("parameters").path("memory tables").path("all").asLong());
    assertEquals(4 * 10_000 * 16, json.path("memoryBytes").path("tables").asLong());
    long sum = 0;
    for (JsonNode part : json.path("memoryBytes")) {
      sum += part.asLong();
    }
    assertEquals(sum, json.path("peakBytes").asLong());
  }

  @Test
  void aCheckpointTakesWhatWasEstimated() throws IOException {
    Path out = temp.resolve("run");
    training.good(out, MEMORY);
    JsonNode json = TinyFolder.json(estimate("--no-time", "--json", "--set", MEMORY).out());
    Path step = out.resolve("checkpoints").resolve("step-%08d".formatted(TinyTraining.STEPS));
    long bytes =
        tensorBytes(step.resolve("model.safetensors"))
            + tensorBytes(step.resolve("trainer.safetensors"));
    // a megabyte is for the small files
    double ratio = (json.path("checkpointBytes").asLong() - (1 << 20)) / (double) bytes;
    assertEquals(1, ratio, 0.01);
    try (Stream<Path> files = Files.list(step)) {
      long disk = files.mapToLong(file -> file.toFile().length()).sum();
      assertTrue(disk <= json.path("checkpointBytes").asLong(), "on the disk " + disk);
    }
  }

  private static long tensorBytes(Path file) {
    try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
      return tensors.entries().keySet().stream()
          .mapToLong(name -> tensors.bytes(name).byteSize())
          .sum();
    }
  }

  @Test
  void settingsThatCannotBeUsedAreNamed() {
    TinyTraining.assertFails(
        3, List.of("train.stop.stepz"), estimate("--set", "train.stop.stepz=3"));
    TinyTraining.assertFails(3, List.of("absent.yaml"), CommandRun.of("estimate", "absent.yaml"));
  }

  @Test
  void whatWillNotFitIsSaidBefore() {
    CommandRun run = estimate("--set", ABSURD);
    assertEquals(0, run.exitCode(), run.err());
    assertFalse(run.out().contains("a step"), "steps that do not fit cannot be tried out");
    assertTrue(run.err().contains("not going to fit into memory"), run.err());
    assertTrue(run.err().contains("keysPerSide"), run.err());
  }

  @Test
  void anUpperBoundIsSaidToBeOneAndStepsAreTriedOutAllTheSame() {
    String batches = objective(100_000_000) + "|--set=model.dropout=0";
    CommandRun surely = estimate(batches);
    assertFalse(surely.out().contains("a step"), surely.out());
    CommandRun bound = estimate(batches, "--set=model.partialEmbeddings={unseen: unknown}");
    assertEquals(0, bound.exitCode(), bound.err());
    assertTrue(bound.out().contains("a step"), bound.out());
    assertTrue(bound.err().contains("may not fit into memory"), bound.err());
    assertTrue(bound.err().contains("upper bound"), bound.err());
  }

  @Test
  void anAllocationThatFailsEndsWithCode6AndNamesTheLargestParts() {
    CommandRun run = training.train(temp.resolve("absurd"), ABSURD);
    TinyTraining.assertFails(6, List.of("row moments", "tables", "bfloat16", "keysPerSide"), run);
    assertTrue(run.err().contains("Warning: this run is not going to fit"), run.err());
  }

  /// In a process that is set up as the launcher does it. Half of what such a small run takes is
  /// the runtime's.
  @Test
  void theMostThatASmallTrainingHoldsIsAboutTheEstimate() throws Exception {
    Assumptions.assumeTrue(Files.isDirectory(Path.of("/proc/self")), "peaks are read from /proc");
    String[] settings = {
      "model={new: {type: bert, dim: 128, layers: 4, heads: 2, positions: 40}, tokenizer: "
          + training.path("bert")
          + "}",
      "data.batches={layout: packed, tokensPerBatch: 8000, maxLength: 40}",
      "train.stop.steps=8",
      "data.train=" + TinyFolder.text(temp.resolve("long.txt"), 8000, 3)
    };
    List<String> arguments = List.of(training.arguments(temp.resolve("small"), settings));
    long peak = peak(arguments);
    List<String> asked = new ArrayList<>(List.of("estimate"));
    asked.addAll(arguments.subList(1, arguments.size() - 2));
    asked.addAll(List.of("--no-time", "--json"));
    Path result = temp.resolve("estimate.json");
    Process process = begin(asked, result);
    assertEquals(0, process.waitFor());
    double estimated = TinyFolder.json(result).path("peakBytes").asDouble();
    double ratio = estimated / peak;
    System.out.printf("estimated %.0f, measured %d, ratio %.3f%n", estimated, peak, ratio);
    assertEquals(1, ratio, 0.2, "estimated %.0f, measured %d".formatted(estimated, peak));
  }

  private static Process begin(List<String> arguments, Path out) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseParallelGC", "-XX:MaxNewSize=96m"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    builder.environment().put("MALLOC_ARENA_MAX", "1");
    builder
        .environment()
        .put("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0");
    return builder
        .redirectOutput(out.toFile())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /// The most memory that a training held, as the system counts it.
  private static long peak(List<String> arguments) throws Exception {
    Process process = begin(arguments, temp.resolve("out.txt"));
    Path status = Path.of("/proc/" + process.pid() + "/status");
    long peak = 0;
    while (!process.waitFor(20, TimeUnit.MILLISECONDS)) {
      peak = Math.max(peak, peak(status));
    }
    assertEquals(0, process.exitValue());
    return peak;
  }

  private static long peak(Path status) {
    try {
      return Files.readAllLines(status).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0; // it has just ended
    }
  }
}
