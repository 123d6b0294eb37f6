package org.mneme.data;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;

/// The lines of a text file that hold any text, with their numbers in the file. Immutable.
///
/// The file is UTF-8, plain or compressed by gzip (which its first bytes tell); lines end with LF
/// or CR LF; a byte order mark is dropped, and so are blank lines.
public final class TextLines {
  private static final int BYTE_ORDER_MARK = 0xFEFF;

  private final Path file;
  private final List<String> texts;
  private final int[] lineNumbers;

  private TextLines(Path file, List<String> texts, int[] lineNumbers) {
    this.file = file;
    this.texts = List.copyOf(texts);
    this.lineNumbers = lineNumbers;
  }

  /// Reads `file`.
  ///
  /// @throws InvalidInputException when it is missing, a folder, a damaged gzip file, or not UTF-8
  ///   (then with the number of the line)
  public static TextLines read(Path file) {
    if (Files.isDirectory(file)) {
      throw unusable(file, file + ": is a folder; name a text file", null);
    }
    if (!Files.exists(file)) {
      throw unusable(file, file + ": there is no such file", null);
    }
    try (InputStream in = open(file)) {
      return read(file, in);
    } catch (ZipException | EOFException e) {
      throw unusable(file, file + ": the gzip file is damaged or cut short", e);
    } catch (IOException e) {
      throw unusable(file, file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /// No UTF-8 text begins with the two bytes of gzip.
  private static InputStream open(Path file) throws IOException {
    var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    try {
      in.mark(2);
      boolean compressed = in.read() == 0x1F && in.read() == 0x8B;
      in.reset();
      return compressed ? new GZIPInputStream(in, 1 << 16) : in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  private static TextLines read(Path file, InputStream in) throws IOException {
    List<String> texts = new ArrayList<>();
    IntStream.Builder numbers = IntStream.builder();
    var line = new ByteArrayOutputStream();
    byte[] buffer = new byte[1 << 16];
    int number = 1;
    for (int size = in.read(buffer); size >= 0; size = in.read(buffer)) {
      int from = 0;
      for (int at = 0; at < size; at++) {
        if (buffer[at] == '\n') {
          line.write(buffer, from, at - from);
          add(file, line, number++, texts, numbers);
          from = at + 1;
        }
      }
      line.write(buffer, from, size - from);
    }
    add(file, line, number, texts, numbers);
    return new TextLines(file, texts, numbers.build().toArray());
  }

  private static void add(
      Path file,
      ByteArrayOutputStream line,
      int number,
      List<String> texts,
      IntStream.Builder numbers) {
    String text = decode(file, line.toByteArray(), number);
    line.reset();
    if (number == 1 && !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK) {
      text = text.substring(1);
    }
    if (text.endsWith("\r")) {
      text = text.substring(0, text.length() - 1);
    }
    if (!text.isBlank()) {
      texts.add(text);
      numbers.add(number);
    }
  }

  private static String decode(Path file, byte[] line, int number) {
    ByteBuffer bytes = ByteBuffer.wrap(line);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException e) {
      String message =
          "%s, line %d: invalid UTF-8 at byte %d of the line; convert the file (iconv -t UTF-8)"
              .formatted(file, number, bytes.position() + 1);
      throw unusable(file, message, e);
    }
  }

  /// An error of kind DATA about `file`.
  static InvalidInputException unusable(Path file, String message, @Nullable Throwable cause) {
    var kind = InvalidInputException.Kind.DATA;
    return cause == null
        ? new InvalidInputException(kind, file.toString(), message)
        : new InvalidInputException(kind, file.toString(), message, cause);
  }

  /// The file that was read.
  public Path file() {
    return file;
  }

  /// The texts, in the order of the file.
  public List<String> texts() {
    return texts;
  }

  /// How many lines hold text.
  public int size() {
    return texts.size();
  }

  /// The number, in the file and counted from 1, of the line that holds text `index`.
  public int lineNumber(int index) {
    return lineNumbers[index];
  }
}
