package org.mneme.benchmarks.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.mneme.bench.Round;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One of the two that are compared: a child process that takes commands on stdin and answers on
/// stdout, one JSON object a line. What it writes to stderr shows on ours.
///
/// [#close()] ends it, and with it all memory that it had.
final class Side implements AutoCloseable {
  private static final int SECONDS_TO_END = 20;

  private final String name;
  private final Process process;
  private final Writer commands;
  private final BufferedReader answers;

  /// Starts `command` with `environment` added to this process's own.
  Side(String name, List<String> command, Map<String, String> environment) {
    this.name = name;
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(environment);
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(name + " cannot be started: " + command.getFirst(), e);
    }
    commands = process.outputWriter(StandardCharsets.UTF_8);
    answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /// Sends a command and waits for its answer.
  JsonNode ask(Map<String, ?> command) {
    try {
      commands.write(JsonMapper.shared().writeValueAsString(command));
      commands.write('\n');
      commands.flush();
      String answer = answers.readLine();
      if (answer != null) {
        return JsonMapper.shared().readTree(answer);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(name + " ended at " + command, e);
    }
    throw new IllegalStateException(name + " ended at " + command + "; what it said is above");
  }

  /// Runs one round.
  Round round() {
    Map<String, Double> stages = new LinkedHashMap<>();
    ask(Map.of("do", "round"))
        .get("stages")
        .properties()
        .forEach(stage -> stages.put(stage.getKey(), stage.getValue().asDouble()));
    return new Round(stages);
  }

  JsonNode versions() {
    return ask(Map.of("do", "versions"));
  }

  /// Has it write what its first round gave into `folder`.
  void results(Path folder) {
    ask(Map.of("do", "results", "folder", folder.toString()));
  }

  /// Has it write those rows of its table, as they are now, into `folder`.
  void rows(int[] rows, Path folder) {
    ask(Map.of("do", "rows", "rows", rows, "folder", folder.toString()));
  }

  /// The number of its process.
  long pid() {
    return process.pid();
  }

  /// Processor time that it has used so far.
  Duration processorTime() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  @Override
  public String toString() {
    return name;
  }

  @Override
  public void close() {
    try (commands;
        answers) {
      commands.close(); // the end of its commands ends it
      if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
