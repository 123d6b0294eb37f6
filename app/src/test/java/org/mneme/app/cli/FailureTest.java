package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.mneme.DivergenceException;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;

class FailureTest {
  @Test
  void whatTheUserCanMendHasItsKindsExitCode() {
    assertEquals(
        new Failure(3, "train.steps: 0 is too few"),
        Failure.of(InvalidInputException.config("train.steps", "0 is too few")));
    assertEquals(4, Failure.of(new InvalidInputException(Kind.DATA, "a.txt", "empty")).exitCode());
    assertEquals(5, Failure.of(new InvalidInputException(Kind.WEIGHTS, "w", "shape")).exitCode());
    assertEquals(
        7,
        Failure.of(
                new ExecutionException(
                    new InvalidInputException(Kind.ENVIRONMENT, "linux", "no libtorch")))
            .exitCode());
  }

  @Test
  void memoryOfTheJvmAndOfLibtorchRunOutAlike() {
    assertEquals(6, Failure.of(new OutOfMemoryError("Java heap space")).exitCode());
    Failure engine =
        Failure.of(
            new RuntimeException(
                "[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate"
                    + " memory: you tried to allocate 8000000000000 bytes.\nframe #0: c10::..."));
    assertEquals(6, engine.exitCode());
    assertFalse(engine.message().contains("frame"), engine.message());
  }

  @Test
  void everythingElseFailsWithItsFirstLine() {
    assertEquals(new Failure(1, "bad"), Failure.of(new RuntimeException("bad\nException raised")));
    assertEquals(
        new Failure(1, "there is no file x.txt"),
        Failure.of(new UncheckedIOException(new NoSuchFileException("x.txt"))));
    assertEquals(
        new Failure(1, "metrics.jsonl cannot be written (No space left on device)"),
        Failure.of(
            new UncheckedIOException(
                "metrics.jsonl cannot be written", new IOException("No space left on device"))));
    assertEquals(new Failure(1, "NullPointerException"), Failure.of(new NullPointerException()));
    assertEquals(1, Failure.of(new DivergenceException(3, "the loss", 2)).exitCode());
    assertEquals(7, Failure.of(new UnsatisfiedLinkError("libfoo")).exitCode());
  }

  @Test
  void theStackIsShownOnlyWhenAskedFor() {
    var err = new ByteArrayOutputStream();
    var stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    Console console = new Console(stream, stream);
    assertEquals(1, Failure.report(console, new IllegalStateException("bad")));
    assertEquals("mneme: bad" + System.lineSeparator(), err.toString(StandardCharsets.UTF_8));

    console.verbose(true);
    assertEquals(1, Failure.report(console, new IllegalStateException("bad")));
    assertTrue(err.toString(StandardCharsets.UTF_8).contains("at org.mneme"));
  }
}
