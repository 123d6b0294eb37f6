package org.mneme.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The JSON of a tokenizer's files, such that what is not changed stays: keys in their order,
/// numbers with their digits.
final class TokenizerJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private TokenizerJson() {}

  /// The object in `file`; the caller may change it.
  static ObjectNode read(Path file) {
    try {
      if (MAPPER.readTree(Files.readString(file)) instanceof ObjectNode object) {
        return object;
      }
      throw TokenizerFiles.broken(file, "not a JSON object", Optional.empty());
    } catch (JacksonException e) {
      throw TokenizerFiles.broken(file, "not JSON: " + e.getOriginalMessage(), Optional.of(e));
    } catch (IOException e) {
      throw TokenizerFiles.broken(file, "cannot be read: " + e.getMessage(), Optional.of(e));
    }
  }

  /// The text of a file that holds `object`.
  static byte[] write(ObjectNode object) {
    String text = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(object);
    return (text + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /// Puts `ids` in place of the ids that a `tokenizer.json` has outside of its model and its added
  /// tokens: those of what it adds to every text, and of padding.
  static void replaceIds(ObjectNode tokenizer, IntUnaryOperator ids) {
    if (tokenizer.get("padding") instanceof ObjectNode padding) {
      replace(padding, "pad_id", ids);
    }
    replaceProcessed(tokenizer.path("post_processor"), ids);
  }

  private static void replaceProcessed(JsonNode processor, IntUnaryOperator ids) {
    for (String role : new String[] {"sep", "cls"}) { // ["[SEP]", 102]
      if (processor.get(role) instanceof ArrayNode token && token.path(1).isInt()) {
        var unused = token.set(1, ids.applyAsInt(token.path(1).intValue()));
      }
    }
    for (JsonNode token : processor.path("special_tokens")) {
      if (token.get("ids") instanceof ArrayNode array) {
        for (int i = 0; i < array.size(); i++) {
          var unused = array.set(i, ids.applyAsInt(array.path(i).intValue()));
        }
      }
    }
    processor.path("processors").forEach(inner -> replaceProcessed(inner, ids));
  }

  private static void replace(ObjectNode object, String key, IntUnaryOperator ids) {
    if (object.path(key).isInt()) {
      var unused = object.put(key, ids.applyAsInt(object.path(key).intValue()));
    }
  }
}
