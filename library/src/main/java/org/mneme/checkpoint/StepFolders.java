package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The names in a run's folder of checkpoints: `step-00001000`, and what killed saves leave of
/// them.
final class StepFolders {
  private static final Pattern NAME = Pattern.compile("step-(\\d{8,18})");
  private static final Pattern LEFTOVER = Pattern.compile("\\.step-\\d{8,18}\\..*");

  private StepFolders() {}

  /// Where a run's checkpoints are.
  static Path of(Path run) {
    return run.resolve("checkpoints");
  }

  /// The checkpoint of a step.
  static Path path(Path folder, long step) {
    return folder.resolve("step-%08d".formatted(step));
  }

  /// The step of a checkpoint.
  static long step(Path path) {
    Matcher name = NAME.matcher(path.getFileName().toString());
    if (!name.matches()) {
      throw new IllegalArgumentException(path + " is not named as a checkpoint");
    }
    return Long.parseLong(name.group(1));
  }

  /// Whether `path` is named as a checkpoint.
  static boolean isOne(Path path) {
    return NAME.matcher(path.getFileName().toString()).matches();
  }

  /// All in `folder` by step; none where it does not exist.
  static List<Path> list(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(folder)) {
      return paths
          .filter(path -> isOne(path) && Files.isDirectory(path))
          .sorted(Comparator.comparingLong(StepFolders::step))
          .toList();
    } catch (IOException e) {
      throw WeightsError.file(
          folder, "cannot be read (" + e + ")", "check its permissions and the disk", e);
    }
  }

  /// Puts right what saves that were killed left in `folder`: an old checkpoint whose successor is
  /// not in place comes back, all else of them is removed. Nobody else may be saving there.
  static void clean(Path folder) throws IOException {
    List<Path> leftovers;
    try (Stream<Path> paths = Files.list(folder)) {
      leftovers =
          paths.filter(path -> LEFTOVER.matcher(path.getFileName().toString()).matches()).toList();
    }
    for (Path leftover : leftovers) {
      String name = leftover.getFileName().toString();
      Path target = folder.resolve(name.substring(1, name.indexOf('.', 1)));
      if (name.endsWith(AtomicFolder.OLD) && !Files.exists(target)) {
        AtomicFolder.recover(target);
      } else {
        AtomicFolder.discard(leftover, target);
      }
    }
  }

  /// Bytes of all files below `path`.
  static long bytes(Path path) throws IOException {
    try (Stream<Path> tree = Files.walk(path)) {
      return tree.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
