package org.mneme.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;

/// A [KilledTraining] in a JVM of its own.
final class TrainingProcess implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 300;
  private static final long GLANCE_NANOS = 200_000;

  private final Process process;
  private final Path output;
  private final Path checkpoints;

  /// Starts it.
  ///
  /// @param output a file, since the pipe is gone as soon as the process is
  TrainingProcess(Path start, Path run, long steps, Path output) throws IOException {
    this.output = output;
    this.checkpoints = run.resolve("checkpoints");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "--add-modules",
            "jdk.incubator.vector",
            "-Dproject.root=" + System.getProperty("project.root"),
            "-cp",
            System.getProperty("java.class.path"),
            KilledTraining.class.getName(),
            start.toString(),
            run.toString(),
            Long.toString(steps)));
    process =
        new ProcessBuilder(command)
            .redirectError(output.resolveSibling(output.getFileName() + ".err").toFile())
            .redirectOutput(output.toFile())
            .start();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /// Waits until it trains; false when it ended before.
  boolean awaitReady() throws Exception {
    while (process.isAlive() && Files.size(output) == 0) {
      Thread.sleep(1);
    }
    return process.isAlive();
  }

  /// Waits until it told of so many checkpoints, or ended.
  void awaitSaved(int checkpoints) throws IOException {
    while (process.isAlive() && savedSteps().count() < checkpoints) {
      LockSupport.parkNanos(GLANCE_NANOS);
    }
  }

  /// Waits until a checkpoint is in the making, or the process ended.
  void awaitSave() throws IOException {
    while (process.isAlive() && leftovers() == 0) {
      LockSupport.parkNanos(GLANCE_NANOS);
    }
  }

  /// How many half-made or half-removed checkpoints there are.
  int leftovers() throws IOException {
    String[] names = checkpoints.toFile().list((folder, name) -> name.startsWith(".step-"));
    return names == null ? 0 : names.length;
  }

  /// Lets it run, for nanoseconds.
  void let(long nanos) {
    long end = System.nanoTime() + nanos;
    while (process.isAlive() && System.nanoTime() < end) {
      LockSupport.parkNanos(GLANCE_NANOS);
    }
  }

  /// SIGKILL; false when it had ended by itself.
  boolean kill() throws Exception {
    process.destroyForcibly();
    return exitCode() == 128 + 9;
  }

  /// Sends a signal by name.
  void signal(String name) throws Exception {
    int unused = new ProcessBuilder("kill", "-" + name, "" + process.pid()).start().waitFor();
  }

  int exitCode() throws Exception {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("the training process does not end");
    }
    return process.exitValue();
  }

  /// The step of the last checkpoint that it told of, 0 for none.
  long saved() throws IOException {
    return savedSteps().max().orElse(0);
  }

  /// Half a last line does not count.
  private LongStream savedSteps() throws IOException {
    String text = Files.readString(output);
    return text.substring(0, text.lastIndexOf('\n') + 1)
        .lines()
        .filter(line -> line.startsWith("saved "))
        .mapToLong(line -> Long.parseLong(line.substring("saved ".length())));
  }

  /// What it said on standard error.
  String errors() throws IOException {
    return Files.readString(output.resolveSibling(output.getFileName() + ".err"));
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
