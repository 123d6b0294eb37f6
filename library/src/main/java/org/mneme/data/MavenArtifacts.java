package org.mneme.data;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.mneme.InvalidInputException;

/// Fetches artifacts (models and texts that are published as jars) through the user's own Maven, so
/// that their mirrors, proxies and credentials apply, and keeps them in a cache.
///
/// A file in the cache is whole: it is fetched into a temporary folder and then renamed. Nothing is
/// fetched that is there already. Several processes may share a cache.
public final class MavenArtifacts {
  private static final String COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy";
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.+-]*");

  private static final Pattern DECORATION =
      Pattern.compile("\\e\\[[0-9;]*m|\\[ERROR]|-> \\[Help 1]");
  private static final Pattern SEPARATOR = Pattern.compile(Pattern.quote(File.pathSeparator));

  private final Path cache;
  private final Optional<List<String>> maven;
  private final boolean offline;

  /// Artifacts in the folder `cache`.
  ///
  /// @param maven the command that starts Maven; empty where there is none
  /// @param offline whether Maven may use nothing but its own local repository
  public MavenArtifacts(Path cache, Optional<List<String>> maven, boolean offline) {
    this.cache = cache;
    this.maven = maven.map(List::copyOf);
    this.offline = offline;
  }

  /// The artifacts of this user: the cache is `MNEME_CACHE`, else `XDG_CACHE_HOME/mneme`, else
  /// `~/.cache/mneme`; Maven is that of `MAVEN_HOME` or `M2_HOME`, else the one on the `PATH`.
  public static MavenArtifacts ofUser(boolean offline) {
    Map<String, String> environment = System.getenv();
    return new MavenArtifacts(cacheFolder(environment), findMaven(environment), offline);
  }

  static Path cacheFolder(Map<String, String> environment) {
    String own = environment.getOrDefault("MNEME_CACHE", "");
    String shared = environment.getOrDefault("XDG_CACHE_HOME", "");
    if (!own.isEmpty()) {
      return Path.of(own);
    }
    return shared.isEmpty()
        ? Path.of(System.getProperty("user.home"), ".cache", "mneme")
        : Path.of(shared, "mneme");
  }

  static Optional<List<String>> findMaven(Map<String, String> environment) {
    boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("win");
    String name = windows ? "mvn.cmd" : "mvn";
    List<Path> places = new ArrayList<>();
    for (String home : List.of("MAVEN_HOME", "M2_HOME")) {
      String folder = environment.getOrDefault(home, "");
      if (!folder.isEmpty()) {
        places.add(Path.of(folder, "bin", name));
      }
    }
    for (String folder : SEPARATOR.split(environment.getOrDefault("PATH", ""), -1)) {
      if (!folder.isEmpty()) {
        places.add(Path.of(folder, name));
      }
    }
    return places.stream()
        .filter(Files::isExecutable)
        .findFirst()
        .map(found -> List.of(found.toString()));
  }

  /// The jar of `coordinates`, `group:artifact:version`, from the cache or fetched into it.
  ///
  /// @throws InvalidInputException of kind CONFIG where the coordinates are none, ENVIRONMENT where
  ///   the artifact is not in the cache and Maven is missing or cannot get it
  public Path fetch(String coordinates) {
    String[] parts = coordinates.split(":", -1);
    if (parts.length != 3 || !Stream.of(parts).allMatch(part -> PART.matcher(part).matches())) {
      throw new InvalidInputException(
          InvalidInputException.Kind.CONFIG,
          coordinates,
          "'%s' names no artifact; write group:artifact:version".formatted(coordinates));
    }
    Path folder = folder(coordinates);
    Path file = folder.resolve(parts[1] + "-" + parts[2] + ".jar");
    if (isWhole(file)) {
      return file;
    }
    try {
      Files.createDirectories(folder);
      Path temporary = Files.createTempDirectory(folder, ".fetch");
      try {
        run(coordinates, temporary);
        move(fetched(coordinates, temporary), file);
      } finally {
        remove(temporary);
      }
      return file;
    } catch (IOException e) {
      throw failure(coordinates, "cannot be stored in " + folder + " (" + e + ")", e);
    }
  }

  private Path folder(String coordinates) {
    String[] parts = coordinates.split(":", -1);
    return cache.resolve("maven").resolve(parts[0]).resolve(parts[1]).resolve(parts[2]);
  }

  private InvalidInputException failure(String coordinates, String what) {
    return new InvalidInputException(
        InvalidInputException.Kind.ENVIRONMENT,
        coordinates,
        coordinates + " " + remedied(coordinates, what));
  }

  private InvalidInputException failure(String coordinates, String what, Throwable cause) {
    return new InvalidInputException(
        InvalidInputException.Kind.ENVIRONMENT,
        coordinates,
        coordinates + " " + remedied(coordinates, what),
        cause);
  }

  /// Says which command, run where there is a network, puts the artifact into the cache.
  private String remedied(String coordinates, String what) {
    return "%s; with a network, run: mvn -B %s -Dartifact=%s -DoutputDirectory=%s"
        .formatted(what, COPY, coordinates, folder(coordinates).toAbsolutePath());
  }

  /// Whether the file is a jar to its end, where the directory of a jar stands.
  private static boolean isWhole(Path file) {
    if (!Files.isRegularFile(file)) {
      return false;
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return zip.size() > 0;
    } catch (IOException e) {
      return false;
    }
  }

  private void run(String coordinates, Path folder) throws IOException {
    if (maven.isEmpty()) {
      throw failure(
          coordinates,
          "is not in the cache %s, and no mvn is on the PATH; install Maven or set MAVEN_HOME"
              .formatted(cache));
    }
    Path log = folder.resolve("maven.log");
    List<String> command = new ArrayList<>(maven.get());
    command.addAll(List.of("-B", "-q"));
    if (offline) {
      command.add("-o");
    }
    command.addAll(
        List.of(COPY, "-Dartifact=" + coordinates, "-DoutputDirectory=" + folder.toAbsolutePath()));
    // started in the empty folder, where no project and no .mvn of the user's interferes
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      process.getOutputStream().close();
      if (process.waitFor() != 0) {
        String how =
            offline ? "is not in Maven's local repository (offline): " : "could not be fetched: ";
        throw failure(coordinates, how + reason(log));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure(coordinates, "was not fetched: interrupted", e);
    } finally {
      process.destroy();
    }
  }

  private Path fetched(String coordinates, Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".jar"))
          .filter(MavenArtifacts::isWhole)
          .findFirst()
          .orElseThrow(() -> failure(coordinates, "could not be fetched: Maven gave no whole jar"));
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /// The first error that Maven printed.
  private static String reason(Path log) throws IOException {
    String text = new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    return text.lines()
        .filter(line -> line.contains("ERROR"))
        .findFirst()
        .or(() -> text.lines().filter(line -> !line.isBlank()).findFirst())
        .map(line -> DECORATION.matcher(line).replaceAll("").strip())
        .orElse("Maven said nothing");
  }

  private static void remove(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(folder)) {
      files = list.toList();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
    Files.deleteIfExists(folder);
  }
}
