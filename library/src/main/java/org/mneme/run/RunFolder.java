package org.mneme.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.mneme.checkpoint.AtomicFile;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What a training run leaves behind: `config.resolved.yaml`, `provenance.json`, `state.json`,
/// `metrics.jsonl`, `usage.jsonl`, `events/` (for TensorBoard), `checkpoints/`, `final/` (a plain
/// model folder) and `report.html`.
///
/// One thread at a time.
public final class RunFolder implements AutoCloseable {
  /// The settings in full.
  public static final String SETTINGS = "config.resolved.yaml";

  static final String METRICS = "metrics.jsonl";
  static final String USAGE = "usage.jsonl";
  public static final String PROVENANCE = "provenance.json";
  static final String CHECKPOINTS = "checkpoints";
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path folder;
  private final JsonLines metrics;
  private final JsonLines usage;

  /// Opens the folder, made if absent; lines are added to what is there.
  public RunFolder(Path folder) {
    this.folder = folder;
    metrics = new JsonLines(folder.resolve(METRICS));
    usage = new JsonLines(folder.resolve(USAGE));
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("the run folder " + folder + " cannot be written", e);
    }
  }

  /// The folder itself.
  public Path path() {
    return folder;
  }

  /// Where the trained model goes.
  public Path finalModel() {
    return folder.resolve("final");
  }

  /// Where the page goes.
  public Path report() {
    return folder.resolve("report.html");
  }

  /// Where the event files for TensorBoard go.
  public Path events() {
    return folder.resolve("events");
  }

  /// Where a run keeps its checkpoints.
  public static Path checkpoints(Path run) {
    return run.resolve(CHECKPOINTS);
  }

  /// The checkpoint of a step.
  public Path checkpoint(long step) {
    return folder.resolve(CHECKPOINTS).resolve("step-%08d".formatted(step));
  }

  /// Writes a JSON file of that name into the folder, atomically.
  public void write(String name, JsonNode content) {
    AtomicFile.writeString(folder.resolve(name), JSON.writeValueAsString(content) + "\n");
  }

  /// Adds a line to `metrics.jsonl`.
  public void metrics(MetricsLine line) {
    metrics.append(line.toJson());
  }

  /// Adds a line to `usage.jsonl`.
  public void usage(UsageLine line) {
    usage.append(line.toJson());
  }

  /// Adds a line on revived parts of memories to `usage.jsonl`.
  ///
  /// @param parts how many, by the name of the parameter they belong to
  public void revived(long step, double seconds, Map<String, Integer> parts) {
    ObjectNode line = JsonMapper.shared().createObjectNode().put("step", step);
    MetricsLine.put(line, "seconds", seconds);
    parts.forEach(line.putObject("revived")::put);
    usage.append(line);
  }

  /// Takes back what was written of steps after `step`, as a run must that goes on from the
  /// checkpoint of that step. After step 0, that is all of it, and event files too; later ones tell
  /// TensorBoard themselves where they begin.
  public void truncateAfter(long step) {
    metrics.truncateAfter(step);
    usage.truncateAfter(step);
    if (step == 0 && Files.isDirectory(events())) {
      try (Stream<Path> files = Files.list(events())) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(events() + " cannot be cleared", e);
      }
    }
  }

  /// The lines of `metrics.jsonl` in `folder`.
  static List<MetricsLine> readMetrics(Path folder) {
    return JsonLines.read(folder.resolve(METRICS), line -> true).stream()
        .map(MetricsLine::fromJson)
        .toList();
  }

  /// The windows of `usage.jsonl` in `folder`.
  static List<UsageLine> readUsage(Path folder) {
    return JsonLines.read(folder.resolve(USAGE), UsageLine::isWindow).stream()
        .map(UsageLine::fromJson)
        .toList();
  }

  @Override
  public void close() {
    metrics.close();
    usage.close();
  }
}
