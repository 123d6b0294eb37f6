package org.mneme.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// A training run as its folder tells it, whether it is over or under way.
///
/// @param settings in full, by dotted key
/// @param provenance command line, versions and machine by name
/// @param training a line for each step
/// @param evaluations the others, in their order
/// @param usage windows of the use of memories, layer by layer
/// @param checkpoints the oldest first
public record RunRecord(
    Path folder,
    RunState state,
    Map<String, String> settings,
    Map<String, String> provenance,
    List<MetricsLine> training,
    List<MetricsLine> evaluations,
    List<UsageLine> usage,
    List<SavedStep> checkpoints) {
  /// Steps over which a training loss is averaged: single ones are noise.
  static final int SMOOTH = 20;

  public RunRecord {
    training = List.copyOf(training);
    evaluations = List.copyOf(evaluations);
    usage = List.copyOf(usage);
    checkpoints = List.copyOf(checkpoints);
  }

  /// A checkpoint.
  ///
  /// @param name of its folder
  /// @param bytes on the disk
  public record SavedStep(String name, long bytes) {}

  /// Whether `folder` holds a run.
  public static boolean isRun(Path folder) {
    return Files.isRegularFile(folder.resolve(RunFolder.METRICS))
        || Files.isRegularFile(folder.resolve("state.json"));
  }

  /// Reads what is there now.
  public static RunRecord read(Path folder) {
    List<MetricsLine> training = new ArrayList<>();
    List<MetricsLine> evaluations = new ArrayList<>();
    for (MetricsLine line : RunFolder.readMetrics(folder)) {
      (line.isTraining() ? training : evaluations).add(line);
    }
    return new RunRecord(
        folder,
        RunState.read(folder),
        RunSettings.read(folder),
        RunSettings.provenance(folder),
        training,
        evaluations,
        RunFolder.readUsage(folder),
        checkpoints(folder.resolve(RunFolder.CHECKPOINTS)));
  }

  private static List<SavedStep> checkpoints(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(Files::isDirectory)
          .filter(entry -> !String.valueOf(entry.getFileName()).startsWith("."))
          .sorted()
          .map(entry -> new SavedStep(String.valueOf(entry.getFileName()), bytes(entry)))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " cannot be read", e);
    }
  }

  /// A checkpoint may be rotated away while it is looked at.
  private static long bytes(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.mapToLong(file -> file.toFile().isFile() ? file.toFile().length() : 0).sum();
    } catch (IOException | UncheckedIOException e) {
      return 0;
    }
  }

  /// The folder's name.
  public String name() {
    return String.valueOf(folder.toAbsolutePath().normalize().getFileName());
  }

  /// The last step, nothing before the first.
  public Optional<MetricsLine> last() {
    return training.isEmpty() ? Optional.empty() : Optional.of(training.getLast());
  }

  /// The lines of evaluations on the held-out text.
  public List<MetricsLine> dev() {
    return evaluations.stream().filter(line -> line.split().equals(MetricsLine.DEV)).toList();
  }

  /// The evaluation of the lowest loss on held-out text, of equals the first.
  public Optional<MetricsLine> best() {
    return dev().stream()
        .filter(line -> Double.isFinite(line.loss()))
        .min(Comparator.comparingDouble(MetricsLine::loss));
  }

  /// Real tokens per second of training, over the whole run.
  public double tokensPerSecond() {
    return last().map(line -> line.tokens() / line.seconds()).orElse(Double.NaN);
  }

  /// The most memory that the process held after a step, NaN where that was not written down.
  public double residentBytes() {
    return training.stream()
        .mapToDouble(line -> line.figure("residentBytes"))
        .filter(Double::isFinite)
        .max()
        .orElse(Double.NaN);
  }
}
