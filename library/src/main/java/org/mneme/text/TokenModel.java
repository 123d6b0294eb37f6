package org.mneme.text;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.Optional;
import org.mneme.tensor.KeptRows;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The part of a `tokenizer.json` that turns words into tokens, to be cut down to some of them.
sealed interface TokenModel permits WordModel, MergeModel, UnigramModel {
  /// The model of `tokenizer`, which comes from `file`.
  ///
  /// @throws org.mneme.InvalidInputException of kind DATA for a kind that cannot be cut
  static TokenModel of(Path file, ObjectNode tokenizer) {
    if (!(tokenizer.get("model") instanceof ObjectNode model)) {
      throw TokenizerFiles.broken(file, "no model inside", Optional.empty());
    }
    String type = model.path("type").asString("");
    return switch (type) {
      case "WordPiece", "WordLevel" -> new WordModel(model);
      case "BPE" -> new MergeModel(file, tokenizer, model);
      case "Unigram" -> new UnigramModel(model);
      default ->
          throw TokenizerFiles.broken(
              file,
              "a tokenizer of type \""
                  + type
                  + "\" cannot be cut; known are WordPiece, WordLevel,"
                  + " BPE and Unigram",
              Optional.empty());
    };
  }

  /// Adds to `ids` what the model needs so that texts of these tokens still become these tokens.
  void complete(BitSet ids);

  /// Leaves only `kept` in the model, with their places as ids.
  void cut(KeptRows kept);

  /// Leaves only `kept` in an object of tokens with their ids.
  static void cut(ObjectNode vocabulary, KeptRows kept) {
    ObjectNode all = vocabulary.deepCopy();
    vocabulary.removeAll();
    all.properties()
        .forEach(token -> {
          int id = token.getValue().asInt(-1);
          if (kept.contains(id)) {
            var unused = vocabulary.put(token.getKey(), kept.place(id));
          }
        });
  }

  /// Adds the id of `token` to `ids`, if it has one.
  static void add(JsonNode vocabulary, String token, BitSet ids) {
    int id = vocabulary.path(token).asInt(-1);
    if (id >= 0) {
      ids.set(id);
    }
  }
}
