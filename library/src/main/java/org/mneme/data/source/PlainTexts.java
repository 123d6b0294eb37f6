package org.mneme.data.source;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// Documents of plain text. Blank lines are none.
final class PlainTexts {
  private PlainTexts() {}

  /// A document a line.
  static boolean readLines(Path file, Lines lines, TextSink sink) throws IOException {
    for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
      String text = line.get();
      if (!text.isBlank() && !sink.accept(new SourceText(file, lines.number(), text))) {
        return false;
      }
    }
    return true;
  }

  /// Documents with blank lines between them; the lines of a document stay apart.
  static boolean readParagraphs(Path file, Lines lines, TextSink sink) throws IOException {
    StringBuilder text = new StringBuilder();
    long start = 0;
    for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
      if (!line.get().isBlank()) {
        if (text.isEmpty()) {
          start = lines.number();
        } else {
          text.append('\n');
        }
        text.append(line.get());
      } else if (!text.isEmpty()) {
        if (!sink.accept(new SourceText(file, start, text.toString()))) {
          return false;
        }
        text = new StringBuilder();
      }
    }
    return text.isEmpty() || sink.accept(new SourceText(file, start, text.toString()));
  }

  /// One document with all lines and their ends; none where all are blank.
  static boolean readWhole(Path file, Lines lines, TextSink sink) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
      text.append(line.get());
      if (lines.ended()) {
        text.append('\n');
      }
    }
    String whole = text.toString();
    return whole.isBlank() || sink.accept(new SourceText(file, 1, whole));
  }
}
