package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConsoleTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Console console =
      new Console(
          new PrintStream(out, true, StandardCharsets.UTF_8),
          new PrintStream(err, true, StandardCharsets.UTF_8),
          Map.of("NO_COLOR", "1"));

  @Test
  void quietKeepsResultsAndErrors() {
    console.quiet(true);
    console.note("by the way");
    console.result("42");
    console.error("bad");
    assertEquals("42\n", out.toString(StandardCharsets.UTF_8).replace("\r", ""));
    assertEquals("mneme: bad\n", err.toString(StandardCharsets.UTF_8).replace("\r", ""));
    assertEquals(ProgressStyle.none, console.progress());
  }

  @Test
  void progressIsPlainLinesAwayFromATerminal() {
    assertEquals(ProgressStyle.plain, console.progress());
    console.progress(ProgressStyle.json);
    assertEquals(ProgressStyle.json, console.progress());
  }

  @Test
  void noColourIsRespected() {
    assertFalse(console.colour());
  }

  @Test
  void jsonKeepsTheOrderOfARecord() {
    record Pair(int zebra, int ape) {}
    console.json(new Pair(1, 2));
    assertEquals(
        "{\n  \"zebra\" : 1,\n  \"ape\" : 2\n}\n",
        out.toString(StandardCharsets.UTF_8).replace("\r", ""));
  }
}
