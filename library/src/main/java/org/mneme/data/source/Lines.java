package org.mneme.data.source;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/// The lines of a stream of UTF-8, with their numbers. Lines end with LF or CR LF; a byte order
/// mark in front of the first is dropped; a line that is no UTF-8 is counted as bad and left out.
public final class Lines {
  private static final int BYTE_ORDER_MARK = 0xFEFF;

  private final Path file;
  private final InputStream in;
  private final BadRecords bad;
  private final byte[] buffer = new byte[1 << 16];
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private int at;
  private int size;
  private long number;
  private boolean ended;

  /// The lines of `in`, which is `file`; bad ones are counted in `bad`.
  public Lines(Path file, InputStream in, BadRecords bad) {
    this.file = file;
    this.in = in;
    this.bad = bad;
  }

  /// The number of the line that [#next] gave, from 1.
  public long number() {
    return number;
  }

  /// Whether the line that [#next] gave had a line end; the last of a file may have none.
  boolean ended() {
    return ended;
  }

  /// The next line; empty after the last. Whatever ends the file without a line end is a line.
  public Optional<String> next() throws IOException {
    while (readLine()) {
      number++;
      byte[] bytes = line.toByteArray();
      line.reset();
      Optional<String> text = decode(bytes);
      if (text.isPresent()) {
        return text;
      }
    }
    return Optional.empty();
  }

  /// Puts the next line into `line`; returns whether there was one.
  private boolean readLine() throws IOException {
    while (true) {
      for (int end = at; end < size; end++) {
        if (buffer[end] == '\n') {
          line.write(buffer, at, end - at);
          at = end + 1;
          ended = true;
          return true;
        }
      }
      line.write(buffer, at, size - at);
      at = 0;
      size = Math.max(0, in.read(buffer));
      if (size == 0) {
        ended = false;
        return line.size() > 0;
      }
    }
  }

  private Optional<String> decode(byte[] bytes) {
    int length =
        bytes.length > 0 && bytes[bytes.length - 1] == '\r' ? bytes.length - 1 : bytes.length;
    ByteBuffer input = ByteBuffer.wrap(bytes, 0, length);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(input).toString();
      boolean marked = number == 1 && !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK;
      return Optional.of(marked ? text.substring(1) : text);
    } catch (CharacterCodingException e) {
      String what =
          "invalid UTF-8 at byte %d of the line; convert the file (iconv -t UTF-8)"
              .formatted(input.position() + 1);
      bad.add(BadKind.INVALID_UTF8, file, number, what);
      return Optional.empty();
    }
  }
}
