package org.mneme.text;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.mneme.InvalidInputException;
import tools.jackson.databind.JsonNode;

/// The tokens of a tokenizer and their ids, added tokens included. Immutable.
public final class Vocabulary {
  private static final int HIGHEST_ID = 1 << 26;

  private final Map<String, Integer> ids = new HashMap<>();
  private final Map<Integer, String> tokens = new HashMap<>();
  private final BitSet special = new BitSet();
  private final int size;

  private Vocabulary(Path file, JsonNode tokenizer) {
    JsonNode vocabulary = tokenizer.path("model").path("vocab");
    if (vocabulary.isObject()) {
      vocabulary.properties().forEach(token -> add(file, token.getKey(), token.getValue()));
    } else if (vocabulary.isArray()) {
      for (int id = 0; id < vocabulary.size(); id++) {
        put(vocabulary.path(id).path(0).asString(""), id);
      }
    } else {
      throw TokenizerFiles.broken(
          file, "no model.vocab inside; this is not a fast tokenizer's file", Optional.empty());
    }
    for (JsonNode added : tokenizer.path("added_tokens")) {
      int id = add(file, added.path("content").asString(""), added.path("id"));
      special.set(id, added.path("special").asBoolean(false));
    }
    size = tokens.keySet().stream().mapToInt(id -> id + 1).max().orElse(0);
  }

  /// The vocabulary in a parsed `tokenizer.json`.
  static Vocabulary of(TokenizerFiles files) {
    return new Vocabulary(files.file(), files.tokenizer());
  }

  private int add(Path file, String token, JsonNode id) {
    if (!id.isInt() || id.intValue() < 0 || id.intValue() > HIGHEST_ID) {
      throw TokenizerFiles.broken(
          file, "the id of token \"%s\" is %s".formatted(token, id), Optional.empty());
    }
    put(token, id.intValue());
    return id.intValue();
  }

  private void put(String token, int id) {
    ids.put(token, id);
    tokens.put(id, token);
  }

  /// The highest id plus 1: the rows that an embedding needs. Some ids in between may be unused.
  public int size() {
    return size;
  }

  /// The id of `token`, written as the vocabulary writes it; empty when it has none.
  public OptionalInt id(String token) {
    Integer id = ids.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /// The token with that id; empty when there is none.
  public Optional<String> token(int id) {
    return Optional.ofNullable(tokens.get(id));
  }

  /// Whether the token is marked special (`[CLS]`, `[PAD]`, `[UNK]`, `<|endoftext|>`), whether the
  /// tokenizer added it to a text or the text held it.
  public boolean isSpecial(int id) {
    return id >= 0 && special.get(id);
  }

  /// The ids of all tokens that are not special, ascending.
  public int[] ordinaryIds() {
    return IntStream.range(0, size)
        .filter(id -> tokens.containsKey(id) && !special.get(id))
        .toArray();
  }

  /// The id of a token that has to exist.
  ///
  /// @throws InvalidInputException naming `role` when it does not
  static int require(Vocabulary vocabulary, Path file, String token, String role) {
    return vocabulary
        .id(token)
        .orElseThrow(() ->
            TokenizerFiles.broken(
                file,
                "the %s \"%s\" is not in the vocabulary".formatted(role, token),
                Optional.empty()));
  }
}
