package org.mneme.checkpoint.onnx;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.JsonFiles;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What `tokenizer.json` says of the tokens with a part to play, put into the
/// `tokenizer_config.json` that transformers wants beside it.
///
/// @param tokenizer the content of `tokenizer.json`
/// @param ids the tokens of the vocabulary and those added to it
record TokenizerSettings(JsonNode tokenizer, Map<String, Long> ids) {
  private static final Map<String, List<String>> USUAL_NAMES =
      Map.of(
          "cls_token", List.of("[CLS]", "<cls>", "<s>"),
          "sep_token", List.of("[SEP]", "<sep>", "</s>"),
          "pad_token", List.of("[PAD]", "<pad>"),
          "unk_token", List.of("[UNK]", "<unk>"),
          "mask_token", List.of("[MASK]", "<mask>"));

  /// Reads `file` for a model with that many word embeddings.
  ///
  /// @throws InvalidInputException of kind DATA where it is no tokenizer, or one of another model
  static TokenizerSettings read(Path file, long vocabulary) {
    ObjectNode tokenizer = JsonFiles.readObject(file, InvalidInputException.Kind.DATA);
    Map<String, Long> ids = ids(tokenizer);
    if (ids.isEmpty()) {
      throw wrong(file, "holds no vocabulary; give the tokenizer.json of the model");
    }
    long largest = ids.values().stream().mapToLong(Long::longValue).max().orElseThrow();
    if (largest >= vocabulary) {
      throw wrong(
          file,
          "has the token id %d, but the model has embeddings of %d tokens; give the tokenizer of this model"
              .formatted(largest, vocabulary));
    }
    return new TokenizerSettings(tokenizer, ids);
  }

  private static InvalidInputException wrong(Path file, String what) {
    return new InvalidInputException(
        InvalidInputException.Kind.DATA, file.toString(), file + ": " + what);
  }

  private static Map<String, Long> ids(ObjectNode tokenizer) {
    Map<String, Long> ids = new LinkedHashMap<>();
    JsonNode vocabulary = tokenizer.path("model").path("vocab");
    vocabulary.properties().forEach(token -> ids.put(token.getKey(), token.getValue().asLong(0)));
    for (int i = 0; vocabulary.isArray() && i < vocabulary.size(); i++) {
      ids.put(vocabulary.path(i).path(0).asString(""), (long) i); // Unigram: [token, score]
    }
    for (JsonNode added : tokenizer.path("added_tokens")) {
      ids.put(added.path("content").asString(""), added.path("id").asLong(0));
    }
    return ids;
  }

  /// The id that fills up short texts; 0, as in every BERT, where the tokenizer names none.
  long padTokenId() {
    return role("pad_token", named(tokenizer.path("padding").path("pad_token")))
        .map(token -> ids.getOrDefault(token, 0L))
        .orElse(0L);
  }

  /// The content of `tokenizer_config.json` for a model of that many positions.
  ObjectNode config(long positions) {
    ObjectNode config = JsonMapper.shared().createObjectNode();
    ObjectNode added = config.putObject("added_tokens_decoder");
    for (JsonNode token : tokenizer.path("added_tokens")) {
      ObjectNode entry = added.putObject(token.path("id").asString("0"));
      for (String key :
          List.of("content", "lstrip", "normalized", "rstrip", "single_word", "special")) {
        entry.set(key, token.path(key));
      }
    }
    config.put("clean_up_tokenization_spaces", true);
    putBertSettings(config);
    JsonNode ends = tokenizer.path("post_processor");
    put(config, "cls_token", firstOf(ends));
    put(config, "mask_token", Optional.empty());
    config.put("model_max_length", positions);
    put(config, "pad_token", named(tokenizer.path("padding").path("pad_token")));
    put(config, "sep_token", lastOf(ends));
    put(config, "unk_token", named(tokenizer.path("model").path("unk_token")));
    boolean wordPiece = tokenizer.path("model").path("type").asString("").equals("WordPiece");
    config.put("tokenizer_class", wordPiece ? "BertTokenizer" : "PreTrainedTokenizerFast");
    return config;
  }

  private void putBertSettings(ObjectNode config) {
    JsonNode normaliser = tokenizer.path("normalizer");
    if (normaliser.path("type").asString("").equals("BertNormalizer")) {
      config.set("do_lower_case", normaliser.path("lowercase"));
      config.set("strip_accents", normaliser.path("strip_accents"));
      config.set("tokenize_chinese_chars", normaliser.path("handle_chinese_chars"));
    }
  }

  private void put(ObjectNode config, String key, Optional<String> found) {
    role(key, found).ifPresent(token -> config.put(key, token));
  }

  /// The token found for a role or, where there is none, that of a usual name.
  private Optional<String> role(String key, Optional<String> found) {
    return found
        .filter(ids::containsKey)
        .or(() ->
            USUAL_NAMES.getOrDefault(key, List.of()).stream().filter(ids::containsKey).findFirst());
  }

  private static Optional<String> named(JsonNode node) {
    return node.isString() ? Optional.of(node.asString()) : Optional.empty();
  }

  /// The token that a single text begins with.
  private static Optional<String> firstOf(JsonNode processor) {
    return named(processor.path("single").path(0).path("SpecialToken").path("id"))
        .or(() -> named(processor.path("cls").path(0)));
  }

  /// The token that a single text ends with.
  private static Optional<String> lastOf(JsonNode processor) {
    JsonNode single = processor.path("single");
    return named(single.path(single.size() - 1).path("SpecialToken").path("id"))
        .or(() -> named(processor.path("sep").path(0)));
  }
}
