package org.mneme.checkpoint;

import java.util.Base64;
import java.util.BitSet;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.regex.Pattern;
import org.mneme.InvalidInputException;
import org.mneme.tensor.KeptRows;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What a model whose vocabulary was cut says about the model that it was made from. It stands in
/// `config.json`, whose unknown keys every tool hands on, under `pruned_vocabulary`.
///
/// @param kept rows of the whole vocabulary that are left
/// @param tokenizer hash of the whole `tokenizer.json`
/// @param words hash of the whole word embeddings
record PrunedVocabulary(KeptRows kept, String tokenizer, String words) {
  private static final String KEY = "pruned_vocabulary";
  private static final Pattern ID_KEY = Pattern.compile(".*_token_ids?");

  /// What `config` says, if it is that of a pruned model.
  static Optional<PrunedVocabulary> of(ObjectNode config) {
    JsonNode json = config.path(KEY);
    if (!json.isObject()) {
      return Optional.empty();
    }
    try {
      byte[] bits = Base64.getDecoder().decode(json.path("kept").asString(""));
      KeptRows kept = KeptRows.of(json.path("size").asInt(0), BitSet.valueOf(bits));
      return Optional.of(
          new PrunedVocabulary(
              kept, json.path("tokenizer").asString(""), json.path("words").asString("")));
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(
          InvalidInputException.Kind.CONFIG,
          KEY,
          KEY + ": is damaged (" + e.getMessage() + "); take config.json from the pruned folder",
          e);
    }
  }

  /// Makes `config`, that of the whole model, the pruned one's.
  void putInto(ObjectNode config) {
    config.put("vocab_size", kept.size());
    prune(config, kept);
    config
        .putObject(KEY)
        .put("size", kept.all())
        .put("kept", Base64.getEncoder().encodeToString(bits()))
        .put("tokenizer", tokenizer)
        .put("words", words);
  }

  /// Makes the ids of tokens in `config`, such as `eos_token_id`, those that the kept ones have.
  static void prune(ObjectNode config, KeptRows kept) {
    replaceIds(config, id -> kept.contains(id) ? kept.place(id) : id);
  }

  private byte[] bits() {
    BitSet ids = new BitSet(kept.all());
    kept.ids().forEach(ids::set);
    return ids.toByteArray();
  }

  /// Makes `config`, that of the pruned model, the whole one's.
  void takeFrom(ObjectNode config) {
    config.remove(KEY);
    config.put("vocab_size", kept.all());
    replaceIds(config, id -> id >= 0 && id < kept.size() ? kept.id(id) : id);
  }

  /// The ids of tokens in a `config.json`, such as `pad_token_id`, that have a row.
  static BitSet ids(ObjectNode config, int rows) {
    BitSet ids = new BitSet();
    replaceIds(
        config,
        id -> {
          if (id >= 0 && id < rows) {
            ids.set(id);
          }
          return id;
        });
    return ids;
  }

  private static void replaceIds(ObjectNode config, IntUnaryOperator ids) {
    for (String key : config.propertyNames().stream().toList()) {
      if (!ID_KEY.matcher(key).matches()) {
        continue;
      }
      if (config.path(key).isInt()) {
        config.put(key, ids.applyAsInt(config.path(key).intValue()));
      } else if (config.get(key) instanceof ArrayNode several) {
        for (int i = 0; i < several.size(); i++) {
          if (several.path(i).isInt()) {
            several.set(i, ids.applyAsInt(several.path(i).intValue()));
          }
        }
      }
    }
  }
}
