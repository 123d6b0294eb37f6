package org.mneme.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.mneme.checkpoint.AtomicFile;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Whether a run is under way, and how far it is: `state.json` in its folder.
///
/// @param started when it was first started
/// @param updated when this was written
/// @param pid of the process that trains
/// @param progress share that is done, in [0, 1]
/// @param secondsLeft of training, NaN where that is not known
/// @param message why it failed; may be empty
public record RunState(
    Status status,
    Instant started,
    Instant updated,
    long pid,
    double progress,
    double secondsLeft,
    String message) {
  private static final String FILE = "state.json";

  /// A state that is older than this says nothing of a process that cannot be seen from here, such
  /// as one on another machine.
  private static final Duration FRESH = Duration.ofSeconds(60);

  /// What became of a run.
  public enum Status {
    RUNNING,
    FINISHED,
    /// Stopped on request, with a checkpoint to go on from.
    STOPPED,
    FAILED,
    /// Its process is gone without a word: killed, or the machine went down.
    LOST;

    /// As in files and tables.
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// Writes it into a run folder.
  void write(Path folder) {
    ObjectNode json = JsonMapper.shared().createObjectNode().put("state", status.label());
    json.put("started", started.toString()).put("updated", updated.toString()).put("pid", pid);
    MetricsLine.put(json, "progress", progress);
    MetricsLine.put(json, "secondsLeft", secondsLeft);
    json.put("message", message);
    AtomicFile.writeString(
        folder.resolve(FILE), JsonMapper.shared().writeValueAsString(json) + "\n");
  }

  /// The state of the run in `folder`, as it is now: one that says it is running and whose process
  /// is gone is lost. Runs of earlier builds have no such file; what they left tells.
  public static RunState read(Path folder) {
    try {
      Path file = folder.resolve(FILE);
      if (!Files.exists(file)) {
        return guess(folder);
      }
      JsonNode json =
          JsonLines.parse(Files.readString(file)).orElse(JsonMapper.shared().nullNode());
      RunState state =
          new RunState(
              status(json.path("state").asString("")),
              instant(json.path("started").asString("")).orElse(Instant.EPOCH),
              instant(json.path("updated").asString("")).orElse(Instant.EPOCH),
              json.path("pid").asLong(-1),
              MetricsLine.number(json.path("progress")),
              MetricsLine.number(json.path("secondsLeft")),
              json.path("message").asString(""));
      return state.isLost() ? state.with(Status.LOST) : state;
    } catch (IOException e) {
      return new RunState(
          Status.LOST, Instant.EPOCH, Instant.EPOCH, -1, Double.NaN, Double.NaN, "" + e);
    }
  }

  private static RunState guess(Path folder) throws IOException {
    Path metrics = folder.resolve(RunFolder.METRICS);
    Instant updated =
        Files.exists(metrics) ? Files.getLastModifiedTime(metrics).toInstant() : Instant.EPOCH;
    Path provenance = folder.resolve(RunFolder.PROVENANCE);
    Instant started =
        Files.exists(provenance) ? Files.getLastModifiedTime(provenance).toInstant() : updated;
    boolean whole = Files.isDirectory(folder.resolve("final"));
    boolean fresh = updated.isAfter(Instant.now().minus(FRESH));
    Status status = whole ? Status.FINISHED : fresh ? Status.RUNNING : Status.STOPPED;
    return new RunState(status, started, updated, -1, whole ? 1 : Double.NaN, Double.NaN, "");
  }

  private RunState with(Status other) {
    return new RunState(other, started, updated, pid, progress, secondsLeft, message);
  }

  private boolean isLost() {
    if (status != Status.RUNNING) {
      return false;
    }
    Optional<ProcessHandle> process = ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
    if (process.isEmpty()) { // or it runs on another machine
      return updated.isBefore(Instant.now().minus(FRESH));
    }
    // a process that began later has only got the same number
    return process.get().info().startInstant().filter(updated::isBefore).isPresent();
  }

  private static Status status(String label) {
    for (Status status : Status.values()) {
      if (status.label().equals(label)) {
        return status;
      }
    }
    return Status.LOST;
  }

  private static Optional<Instant> instant(String text) {
    try {
      return Optional.of(Instant.parse(text));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
