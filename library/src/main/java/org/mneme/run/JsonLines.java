package org.mneme.run;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.mneme.checkpoint.AtomicFile;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A file that grows by a JSON object a line. Whoever reads it may do so while it is written: a
/// line counts once its end is there.
///
/// Opened for writing with the first line. One thread at a time.
final class JsonLines implements AutoCloseable {
  private final Path file;
  private @Nullable BufferedWriter writer;

  JsonLines(Path file) {
    this.file = file;
  }

  /// Adds a line and hands it to the system.
  void append(JsonNode line) {
    try {
      BufferedWriter open = writer;
      if (open == null) {
        open = open();
        writer = open;
      }
      open.write(JsonMapper.shared().writeValueAsString(line));
      open.write('\n');
      open.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }

  private BufferedWriter open() throws IOException {
    cutUnfinished();
    return Files.newBufferedWriter(
        file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /// Removes what a writer that was killed left of its last line.
  private void cutUnfinished() throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
      long end = bytes.length();
      while (end > 0) {
        bytes.seek(end - 1);
        if (bytes.read() == '\n') {
          break;
        }
        end--;
      }
      bytes.setLength(end);
    }
  }

  /// Drops the lines with a `step` greater than `step`, and what cannot be read: the file is
  /// replaced by a shorter one, unless there is nothing to drop. Lines are added after that as
  /// before.
  void truncateAfter(long step) {
    close();
    if (!Files.exists(file)) {
      return;
    }
    List<String> kept = new ArrayList<>();
    long bytes = 0;
    try {
      List<String> lines = lines(file);
      for (String line : lines) {
        if (parse(line).filter(json -> json.path("step").asLong(0) <= step).isPresent()) {
          kept.add(line);
          bytes += line.getBytes(StandardCharsets.UTF_8).length + 1L;
        }
      }
      if (bytes == Files.size(file)) {
        return;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read", e);
    }
    AtomicFile.write(
        file,
        channel -> {
          for (String line : kept) {
            writeAll(channel, line + "\n");
          }
        });
  }

  private static void writeAll(FileChannel channel, String text) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /// The objects of the whole lines of `file` that `wanted` takes; none where there is no file.
  static List<JsonNode> read(Path file, Predicate<JsonNode> wanted) {
    try {
      return lines(file).stream().flatMap(line -> parse(line).stream()).filter(wanted).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read", e);
    }
  }

  /// The lines that have their end; what is no UTF-8 in them is replaced.
  private static List<String> lines(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    if (!Files.exists(file)) {
      return lines;
    }
    try (var reader =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
      StringBuilder line = new StringBuilder();
      for (int letter = reader.read(); letter >= 0; letter = reader.read()) {
        if (letter == '\n') {
          lines.add(line.toString());
          line.setLength(0);
        } else {
          line.append((char) letter);
        }
      }
    }
    return lines;
  }

  /// The object in a line, nothing where a crash of the machine left something else.
  static Optional<JsonNode> parse(String line) {
    try {
      JsonNode node = JsonMapper.shared().readTree(line);
      return node.isObject() ? Optional.of(node) : Optional.empty();
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    BufferedWriter open = writer;
    writer = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        throw new UncheckedIOException(file + " cannot be closed", e);
      }
    }
  }
}
