package org.mneme.benchmarks.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/// The memory of other processes, as Linux counts it; unknown elsewhere.
final class Resident {
  private Resident() {}

  /// The most bytes that were resident at a time, since [#forgetPeak] or the start.
  static OptionalLong peak(long pid) {
    try (var lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst();
    } catch (IOException | java.io.UncheckedIOException e) {
      return OptionalLong.empty(); // it ended, or there is no such file here
    }
  }

  /// Counts the peak from now on, where the system can.
  static void forgetPeak(long pid) {
    try {
      Files.writeString(Path.of("/proc", Long.toString(pid), "clear_refs"), "5");
    } catch (IOException e) {
      // then the peak is that of the whole life of the process
    }
  }
}
