package org.mneme.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;

class TextLinesTest {
  @TempDir private Path folder;

  @Test
  void linesKeepTheirNumbersAndBlankOnesGo() throws IOException {
    TextLines lines = TextLines.read(write("\uFEFFfirst\r\n\n \t \nsécond \uD83D\uDE00\r\nlast"));
    assertEquals(List.of("first", "sécond \uD83D\uDE00", "last"), lines.texts());
    assertEquals(List.of(1, 4, 5), List.of(number(lines, 0), number(lines, 1), number(lines, 2)));
    assertEquals(3, lines.size());
  }

  @Test
  void compressedFilesReadAsPlainOnes() throws IOException {
    String text = "line of text\n".repeat(20_000) + "x".repeat(200_000);
    TextLines plain = TextLines.read(write(text));
    Path file = folder.resolve("compressed.txt.gz");
    Files.write(file, compressed(text));
    assertEquals(plain.texts(), TextLines.read(file).texts());
    assertEquals(20_001, plain.size());
    assertEquals(200_000, plain.texts().getLast().length());
  }

  @Test
  void emptyFilesHaveNoLines() throws IOException {
    assertEquals(0, TextLines.read(write("")).size());
    assertEquals(0, TextLines.read(write("\n\n")).size());
  }

  @Test
  void invalidUtf8IsNamedByItsLine() throws IOException {
    Path file = folder.resolve("latin.txt");
    Files.write(file, "fine\nna\u00efve\n".getBytes(StandardCharsets.ISO_8859_1));
    assertTrue(message(file).contains("line 2: invalid UTF-8 at byte 3"), message(file));
  }

  @Test
  void filesThatCannotBeUsedAreNamed() throws IOException {
    assertTrue(message(folder).contains("is a folder"));
    assertTrue(message(folder.resolve("none.txt")).contains("no such file"));
    Path cut = folder.resolve("cut.gz");
    byte[] whole = compressed("text ".repeat(1000));
    Files.write(cut, Arrays.copyOf(whole, whole.length / 2));
    assertTrue(message(cut).contains("damaged"));
  }

  private static String message(Path file) {
    var error = assertThrows(InvalidInputException.class, () -> TextLines.read(file));
    assertEquals(InvalidInputException.Kind.DATA, error.kind());
    assertEquals(file.toString(), error.key());
    assertTrue(String.valueOf(error.getMessage()).startsWith(file.toString()), error.getMessage());
    return String.valueOf(error.getMessage());
  }

  private static int number(TextLines lines, int index) {
    return lines.lineNumber(index);
  }

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("text.txt"), text);
  }

  private static byte[] compressed(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }
}
