package org.mneme.benchmarks.peers;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.mneme.bench.Comparison;
import org.mneme.bench.Comparisons;
import org.mneme.bench.Setting;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Compares our memory layer with the same layer in PyTorch: what `benchmarks/peers/run memory`
/// starts. Results go to stdout, everything else to stderr.
///
/// Arguments: the peer's Python, `memory.py`, a folder for inputs and results, then [Options].
public final class MemoryPeers {
  private static final int OWN_ARGUMENTS = 3;
  private static final int USAGE = 2;

  private MemoryPeers() {}

  /// Runs the comparison.
  public static void main(String[] args) throws IOException {
    Sides sides = new Sides(args[0], args[1]);
    Path folder = Path.of(args[2]).toAbsolutePath();
    List<Shape> shapes;
    Options options;
    try {
      options = Options.parse(Stream.of(args).skip(OWN_ARGUMENTS).toArray(String[]::new));
      shapes = options.shapes();
    } catch (IllegalArgumentException e) {
      System.err.println("run memory: " + e.getMessage());
      System.exit(USAGE);
      return;
    }
    Optional<Setting> setting = Optional.empty();
    List<Comparison> results = new ArrayList<>();
    PrintStream progress = System.err;
    for (Shape shape : shapes) {
      clear(folder);
      try (Match match = new Match(options, sides, shape, folder, progress)) {
        for (Mode mode : options.modes(shape)) {
          match.against(mode).ifPresent(results::add);
        }
        setting = match.setting().isPresent() ? match.setting() : setting;
      }
    }
    clear(folder);
    Comparisons all = new Comparisons(setting.orElseGet(Setting::here), results);
    System.out.println(
        options.json()
            ? JsonMapper.builder()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .build()
                .writeValueAsString(all.json())
            : all.text());
  }

  private static void clear(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
