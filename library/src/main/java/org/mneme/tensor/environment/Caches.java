package org.mneme.tensor.environment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.mneme.InvalidInputException;
import org.mneme.tensor.NativeRuntime;

/// The folders that outlive a run, and what they weigh.
final class Caches {
  private Caches() {}

  static List<Environment.Cache> all() {
    Map<String, String> variables = System.getenv();
    Path home = Path.of(System.getProperty("user.home", "."));
    Path shared =
        Path.of(variables.getOrDefault("XDG_CACHE_HOME", home.resolve(".cache").toString()));
    List<Environment.Cache> caches = new ArrayList<>();
    nativeLibraries().ifPresent(folder -> caches.add(cache("native libraries", folder)));
    caches.add(cache("tokenizers", folder(variables, "DJL_CACHE_DIR", home.resolve(".djl.ai"))));
    caches.add(cache("hugging face", folder(variables, "HF_HOME", shared.resolve("huggingface"))));
    return List.copyOf(caches);
  }

  /// Where native libraries are unpacked; empty if no folder can be written.
  static Optional<Path> nativeLibraries() {
    try {
      return Optional.of(NativeRuntime.cache());
    } catch (InvalidInputException e) {
      return Optional.empty();
    }
  }

  private static Path folder(Map<String, String> variables, String name, Path otherwise) {
    String value = variables.get(name);
    return value == null || value.isBlank() ? otherwise : Path.of(value);
  }

  private static Environment.Cache cache(String name, Path folder) {
    return new Environment.Cache(name, folder.toString(), bytes(folder));
  }

  /// The bytes of the files under `folder`, links not followed.
  static long bytes(Path folder) {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    try (Stream<Path> inside = Files.walk(folder)) {
      return inside
          .filter(p -> Files.isRegularFile(p, LinkOption.NOFOLLOW_LINKS))
          .mapToLong(Caches::size)
          .sum();
    } catch (IOException | UncheckedIOException e) {
      return 0; // not readable, or changed underneath
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0; // deleted since it was listed
    }
  }
}
