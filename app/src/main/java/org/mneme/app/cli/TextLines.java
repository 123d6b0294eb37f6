package org.mneme.app.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads a text a line from a file or stdin; its errors name the line.
final class TextLines implements AutoCloseable {
  private final String name;
  private final BufferedReader lines;
  private final @Nullable String key;
  private long number;

  private TextLines(String name, BufferedReader lines, @Nullable String key) {
    this.name = name;
    this.lines = lines;
    this.key = key;
  }

  /// Opens `file`, or stdin.
  ///
  /// @param key where lines are JSON objects: that of the text
  static TextLines open(@Nullable Path file, @Nullable String key) throws IOException {
    if (file == null) {
      var decoded = new InputStreamReader(System.in, StandardCharsets.UTF_8.newDecoder());
      return new TextLines("stdin", new BufferedReader(decoded), key);
    }
    if (!Files.exists(file) || Files.isDirectory(file)) {
      String what = Files.exists(file) ? "is a folder; name a text file" : "there is no such file";
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA, file.toString(), file + ": " + what);
    }
    var reader = Files.newBufferedReader(file, StandardCharsets.UTF_8);
    return new TextLines(file.toString(), reader, key);
  }

  /// The next `count` texts; fewer, or none, at the end.
  List<String> next(int count) throws IOException {
    List<String> texts = new ArrayList<>();
    while (texts.size() < count) {
      String line = line();
      if (line == null) {
        break;
      }
      number++;
      texts.add(key == null ? line : text(line, key));
    }
    return texts;
  }

  private @Nullable String line() throws IOException {
    try {
      return lines.readLine();
    } catch (CharacterCodingException e) {
      number++; // text is decoded in blocks: the place is somewhere behind
      throw problem("or one soon after it is not UTF-8; convert it (iconv -t UTF-8)");
    }
  }

  private String text(String line, String key) {
    try {
      JsonNode value = JsonMapper.shared().readTree(line).path(key);
      if (value.isString()) {
        return value.asString();
      }
    } catch (JacksonException e) {
      throw problem("is not JSON (" + e.getOriginalMessage() + ")");
    }
    throw problem("has no text under \"" + key + "\"; name its key with --field");
  }

  private InvalidInputException problem(String what) {
    String place = name + ":" + number;
    return new InvalidInputException(
        InvalidInputException.Kind.DATA, place, place + ": the line " + what);
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
