package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mneme.InvalidInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.NumericNode;
import tools.jackson.databind.node.ObjectNode;

/// JSON objects in files, such that what we do not know survives: keys stay, in their order, and
/// numbers keep their digits (`1e-12` is not rounded, `1.0` does not become `1`). Python's NaN and
/// Infinity are read and written.
public final class JsonFiles {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private JsonFiles() {}

  /// The object in `file`; errors are of `kind` and name the file.
  public static ObjectNode readObject(Path file, InvalidInputException.Kind kind) {
    String found;
    Throwable cause = null;
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
              .toString();
      JsonNode node = MAPPER.readTree(text);
      if (node instanceof ObjectNode object) {
        return object;
      }
      found = "is no JSON object, { ... }";
    } catch (IOException e) {
      found = "cannot be read as UTF-8 text (" + e + ")";
      cause = e;
    } catch (JacksonException e) {
      found = "is not JSON: " + e.getOriginalMessage() + place(e);
      cause = e;
    }
    String message = file + ": " + found + "; " + "mend it or take another copy";
    throw cause == null
        ? new InvalidInputException(kind, file.toString(), message)
        : new InvalidInputException(kind, file.toString(), message, cause);
  }

  private static String place(JacksonException e) {
    var location = e.getLocation();
    return location == null
        ? ""
        : " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")";
  }

  /// Whether two objects say the same: the order of keys does not matter, nor how a number is
  /// written (`1e-06`, `0.000001`).
  static boolean saySame(ObjectNode one, ObjectNode other) {
    return one.equals(JsonFiles::compareLeaves, other);
  }

  /// 0 where they say the same.
  private static int compareLeaves(JsonNode one, JsonNode other) {
    if (isFinite(one) && isFinite(other)) {
      return one.decimalValue().compareTo(other.decimalValue());
    }
    return one.equals(other) ? 0 : 1;
  }

  private static boolean isFinite(JsonNode node) {
    return node instanceof NumericNode number && !number.isNaN();
  }

  /// Writes `object` to `file`, atomically, laid out as Hugging Face does.
  public static void write(Path file, ObjectNode object) {
    byte[] bytes = bytes(object);
    AtomicFile.write(
        file,
        channel -> {
          ByteBuffer buffer = ByteBuffer.wrap(bytes);
          while (buffer.hasRemaining()) {
            int unused = channel.write(buffer);
          }
        });
  }

  /// What a file of `object` holds.
  static byte[] bytes(ObjectNode object) {
    return (text(object) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /// The text of `object`, the same for the same keys and digits.
  static String text(ObjectNode object) {
    var lines = new DefaultIndenter("  ", "\n");
    var separators =
        Separators.createDefaultInstance()
            .withObjectNameValueSpacing(Separators.Spacing.AFTER)
            .withObjectEmptySeparator("")
            .withArrayEmptySeparator("");
    var printer =
        new DefaultPrettyPrinter(separators).withObjectIndenter(lines).withArrayIndenter(lines);
    return MAPPER.writer().with(printer).writeValueAsString(object);
  }
}
