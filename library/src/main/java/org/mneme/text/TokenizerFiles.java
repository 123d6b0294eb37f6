package org.mneme.text;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.mneme.InvalidInputException;
import org.mneme.file.Sha256;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The files of a tokenizer as they lie in a model folder; the two beside `tokenizer.json` are
/// empty objects where they do not exist.
record TokenizerFiles(
    Path file, String json, JsonNode tokenizer, JsonNode config, JsonNode specialTokensMap) {

  /// Reads them from a model folder, or beside a `tokenizer.json`.
  static TokenizerFiles read(Path folderOrFile) {
    Path file = locate(folderOrFile);
    var mapper = JsonMapper.builder().build();
    String json = text(file);
    JsonNode tokenizer = parse(mapper, file, json);
    return new TokenizerFiles(
        file,
        json,
        tokenizer,
        optional(mapper, file.resolveSibling("tokenizer_config.json")),
        optional(mapper, file.resolveSibling("special_tokens_map.json")));
  }

  /// The SHA-256 of `tokenizer.json`, in hexadecimal digits.
  String hash() {
    return Sha256.of(json);
  }

  private static Path locate(Path folderOrFile) {
    Path file =
        Files.isDirectory(folderOrFile) ? folderOrFile.resolve("tokenizer.json") : folderOrFile;
    if (Files.isRegularFile(file)) {
      return file;
    }
    throw broken(
        file,
        "there is no such file; a model folder holds tokenizer.json (a fast tokenizer saved by"
            + " Hugging Face's save_pretrained)",
        Optional.empty());
  }

  private static JsonNode optional(JsonMapper mapper, Path file) {
    return Files.isRegularFile(file) ? parse(mapper, file, text(file)) : mapper.createObjectNode();
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw broken(file, "not UTF-8", Optional.of(e));
    } catch (IOException e) {
      throw broken(file, "cannot be read: " + e.getMessage(), Optional.of(e));
    }
  }

  private static JsonNode parse(JsonMapper mapper, Path file, String json) {
    JsonNode node;
    try {
      node = mapper.readTree(json);
    } catch (JacksonException e) {
      throw broken(file, "not JSON: " + e.getOriginalMessage(), Optional.of(e));
    }
    if (!node.isObject()) {
      throw broken(file, "not a JSON object", Optional.empty());
    }
    return node;
  }

  /// An error that names the file.
  static InvalidInputException broken(Path file, String what, Optional<Throwable> cause) {
    String message = file + ": " + what;
    var kind = InvalidInputException.Kind.DATA;
    return cause
        .map(e -> new InvalidInputException(kind, file.toString(), message, e))
        .orElseGet(() -> new InvalidInputException(kind, file.toString(), message));
  }
}
