package org.mneme.train;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.mneme.checkpoint.AtomicFile;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What a training run leaves behind: `config.resolved.json`, `provenance.json`, `metrics.jsonl`,
/// `checkpoints/`, `final/` (a plain model folder) and `report.html`.
///
/// One thread at a time.
public final class RunFolder implements AutoCloseable {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path folder;
  private final BufferedWriter metrics;

  /// Opens the folder, made if absent; metrics are appended to what is there.
  public RunFolder(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
      metrics =
          Files.newBufferedWriter(
              folder.resolve("metrics.jsonl"),
              StandardCharsets.UTF_8,
              StandardOpenOption.CREATE,
              StandardOpenOption.APPEND);
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

  /// The checkpoint of a step.
  public Path checkpoint(long step) {
    return folder.resolve("checkpoints").resolve("step-%08d".formatted(step));
  }

  /// Writes a JSON file of that name into the folder, atomically.
  public void write(String name, JsonNode content) {
    AtomicFile.writeString(folder.resolve(name), JSON.writeValueAsString(content) + "\n");
  }

  /// Appends one line to `metrics.jsonl`.
  ///
  /// @param split `train` or the name of the evaluation's text
  public void metrics(String split, long step, Map<String, Double> values) {
    ObjectNode line = JSON.createObjectNode().put("step", step).put("split", split);
    values.forEach((name, value) -> {
      if (Double.isFinite(value)) {
        line.put(name, value);
      } else {
        line.putNull(name);
      }
    });
    try {
      metrics.write(JsonMapper.shared().writeValueAsString(line));
      metrics.newLine();
      metrics.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("metrics.jsonl in " + folder + " cannot be written", e);
    }
  }

  @Override
  public void close() {
    try {
      metrics.close();
    } catch (IOException e) {
      throw new UncheckedIOException("metrics.jsonl in " + folder + " cannot be closed", e);
    }
  }
}
