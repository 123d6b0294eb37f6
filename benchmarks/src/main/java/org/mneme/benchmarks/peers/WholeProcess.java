package org.mneme.benchmarks.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A command that is timed from its start to its end, its results in a file.
final class WholeProcess {
  private static final long LOOK_MS = 20;

  private final String id;
  private final String mode;
  private final List<String> command;
  private final Path folder;
  private final List<Double> ms = new ArrayList<>();
  private final Map<String, Double> seconds = new LinkedHashMap<>();
  private final Map<String, String> versions = new LinkedHashMap<>();
  private OptionalLong peak = OptionalLong.empty();

  WholeProcess(String id, String mode, List<String> command, Path folder) {
    this.id = id;
    this.mode = mode;
    this.command = command;
    this.folder = folder;
  }

  String id() {
    return id;
  }

  /// What it computes in.
  String mode() {
    return mode;
  }

  /// Runs it without counting.
  void warmUp() {
    double unused = time();
  }

  /// Runs it; returns the ms it took.
  double run() {
    ms.add(time());
    return ms.getLast();
  }

  /// The runs that count.
  Times times() {
    return new Times(List.copyOf(ms));
  }

  /// What it wrote last.
  Path output() {
    return folder.resolve(id.replace(' ', '-') + ".jsonl");
  }

  /// What it said of its parts in the last run.
  Map<String, Double> seconds() {
    return Map.copyOf(seconds);
  }

  /// What it said of what it is made of.
  Map<String, String> versions() {
    return Map.copyOf(versions);
  }

  /// The most memory that it had in any run.
  OptionalLong peakBytes() {
    return peak;
  }

  private double time() {
    Path errors = folder.resolve(id.replace(' ', '-') + ".log");
    long start = System.nanoTime();
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(output().toFile())
              .redirectError(errors.toFile())
              .start();
      while (!process.waitFor(LOOK_MS, TimeUnit.MILLISECONDS)) {
        Resident.peak(process.pid())
            .ifPresent(now -> peak = OptionalLong.of(Math.max(now, peak.orElse(0))));
      }
      double took = (System.nanoTime() - start) / 1e6;
      List<String> said = Files.readAllLines(errors);
      if (process.exitValue() != 0) {
        throw new IllegalStateException(
            String.join(" ", command) + " failed:\n" + String.join("\n", said));
      }
      if (!said.isEmpty() && said.getLast().startsWith("{")) {
        remember(JsonMapper.shared().readTree(said.getLast()));
      }
      return took;
    } catch (IOException e) {
      throw new UncheckedIOException(command.getFirst() + " cannot be run", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private void remember(JsonNode said) {
    said.path("seconds")
        .properties()
        .forEach(e -> seconds.put(e.getKey(), e.getValue().asDouble()));
    said.path("versions")
        .properties()
        .forEach(e -> versions.put(e.getKey(), e.getValue().asString()));
  }
}
