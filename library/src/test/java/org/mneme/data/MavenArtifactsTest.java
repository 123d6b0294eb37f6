package org.mneme.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;

/// Maven is played by shell scripts.
@DisabledOnOs(OS.WINDOWS) // where shell scripts do not run
class MavenArtifactsTest {
  private static final String NAME = "org.example:some-model:1.0";

  @TempDir Path folder;

  private Path cache;
  private Path log;
  private Path jar;

  @BeforeEach
  void makeJar() throws IOException {
    cache = folder.resolve("cache with spaces");
    log = folder.resolve("calls.log");
    jar = folder.resolve("source.jar");
    try (var zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      zip.putNextEntry(new ZipEntry("model.onnx"));
      zip.write(new byte[] {1, 2, 3});
      zip.closeEntry();
    }
  }

  /// A Maven that writes down how it was called and then runs `commands`; `$out` is the folder
  /// asked for.
  private Optional<List<String>> maven(String commands) throws IOException {
    Path script = folder.resolve("mvn-script");
    Files.writeString(
        script,
        """
        #!/bin/sh
        echo "$@" >> '%s'
        for a in "$@"; do case "$a" in -DoutputDirectory=*) out="${a#*=}";; esac; done
        %s
        """
            .formatted(log, commands));
    return Optional.of(List.of("sh", script.toString()));
  }

  private String copies() {
    return "cp '" + jar + "' \"$out/some-model-1.0.jar\"";
  }

  private InvalidInputException fails(Optional<List<String>> maven, boolean offline) {
    var artifacts = new MavenArtifacts(cache, maven, offline);
    var failure = assertThrows(InvalidInputException.class, () -> artifacts.fetch(NAME));
    assertEquals(Kind.ENVIRONMENT, failure.kind());
    assertTrue(message(failure).contains(NAME), message(failure));
    assertTrue(
        message(failure)
            .contains(
                "mvn -B org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy -Dartifact="
                    + NAME),
        message(failure));
    return failure;
  }

  private long filesInCache() throws IOException {
    if (!Files.exists(cache)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(cache)) {
      return files.filter(Files::isRegularFile).count();
    }
  }

  @Test
  void anArtifactIsFetchedOnce() throws IOException {
    var artifacts = new MavenArtifacts(cache, maven(copies()), false);
    Path first = artifacts.fetch(NAME);
    assertEquals(-1, Files.mismatch(jar, first));
    assertEquals("some-model-1.0.jar", first.getFileName().toString());
    assertEquals(first, artifacts.fetch(NAME));
    List<String> calls = Files.readAllLines(log);
    assertEquals(1, calls.size());
    assertTrue(calls.getFirst().contains("-Dartifact=" + NAME), calls.getFirst());
    assertFalse(calls.getFirst().contains(" -o "), calls.getFirst());
    assertEquals(1, filesInCache());
  }

  @Test
  void whatIsInTheCacheNeedsNoMaven() throws IOException {
    Path first = new MavenArtifacts(cache, maven(copies()), false).fetch(NAME);
    assertEquals(first, new MavenArtifacts(cache, Optional.empty(), true).fetch(NAME));
  }

  @Test
  void aBrokenFileInTheCacheIsFetchedAgain() throws IOException {
    var artifacts = new MavenArtifacts(cache, maven(copies()), false);
    Path file = artifacts.fetch(NAME);
    Files.write(file, new byte[] {'P', 'K'});
    assertEquals(-1, Files.mismatch(jar, artifacts.fetch(NAME)));
    assertEquals(2, Files.readAllLines(log).size());
  }

  @Test
  void offlineMavenUsesItsOwnRepositoryOnly() throws IOException {
    new MavenArtifacts(cache, maven(copies()), true).fetch(NAME);
    assertTrue(Files.readString(log).contains("-B -q -o "), Files.readString(log));
  }

  @Test
  void offlineAndAbsentSaysWhatToRun() throws IOException {
    var failure =
        fails(maven("echo '[ERROR] Cannot access central in offline mode'; exit 1"), true);
    assertTrue(message(failure).contains("offline"), message(failure));
    assertTrue(message(failure).contains(cache.toAbsolutePath().toString()));
    assertEquals(0, filesInCache());
  }

  @Test
  void failuresGiveMavensOwnReason() throws IOException {
    var failure = fails(maven("echo noise; echo '[ERROR] no such artifact'; exit 1"), false);
    assertTrue(message(failure).contains("no such artifact"), message(failure));
    assertEquals(0, filesInCache());
  }

  @ParameterizedTest
  @ValueSource(strings = {"exit 0", "printf PK > \"$out/some-model-1.0.jar\""})
  void aMavenThatLeavesNoWholeJarIsAnError(String commands) throws IOException {
    fails(maven(commands), false);
    assertEquals(0, filesInCache());
  }

  @Test
  void aMissingMavenIsAnErrorWithTheRemedy() {
    var failure = fails(Optional.empty(), false);
    assertTrue(message(failure).contains("PATH"), message(failure));
    fails(Optional.of(List.of(folder.resolve("absent").toString())), false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a:b", "a:b:c:d", "a:b:../c", "a:b:c/d", "a:-b:c", "a b:c:d"})
  void whatNamesNoArtifactIsRefused(String name) {
    var artifacts = new MavenArtifacts(cache, Optional.empty(), false);
    var failure = assertThrows(InvalidInputException.class, () -> artifacts.fetch(name));
    assertEquals(Kind.CONFIG, failure.kind());
  }

  @Test
  void theCacheIsWhereTheUserWantsIt() {
    assertEquals(
        Path.of("/mine"),
        MavenArtifacts.cacheFolder(Map.of("MNEME_CACHE", "/mine", "XDG_CACHE_HOME", "/xdg")));
    assertEquals(
        Path.of("/xdg/mneme"), MavenArtifacts.cacheFolder(Map.of("XDG_CACHE_HOME", "/xdg")));
    assertTrue(MavenArtifacts.cacheFolder(Map.of()).endsWith(Path.of(".cache", "mneme")));
  }

  @Test
  void mavenHomeComesBeforeThePath() throws IOException {
    Path home = folder.resolve("home");
    Path bin = Files.createDirectories(home.resolve("bin"));
    Path other = Files.createDirectories(folder.resolve("other"));
    for (Path place : List.of(bin, other)) {
      assertTrue(Files.createFile(place.resolve("mvn")).toFile().setExecutable(true));
    }
    String path = "/nowhere:" + other;
    assertEquals(
        Optional.of(List.of(other.resolve("mvn").toString())),
        MavenArtifacts.findMaven(Map.of("PATH", path)));
    assertEquals(
        Optional.of(List.of(bin.resolve("mvn").toString())),
        MavenArtifacts.findMaven(Map.of("PATH", path, "MAVEN_HOME", home.toString())));
    assertEquals(Optional.empty(), MavenArtifacts.findMaven(Map.of("PATH", "/nowhere")));
  }

  private static String message(Throwable failure) {
    return String.valueOf(failure.getMessage());
  }
}
