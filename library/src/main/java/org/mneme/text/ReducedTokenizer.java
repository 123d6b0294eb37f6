package org.mneme.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mneme.tensor.KeptRows;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The files of a tokenizer, cut to some of its tokens, whose ids move together in their order.
///
/// A text whose tokens are all kept has the same ones as before. Others have smaller pieces or the
/// unknown token where one is gone.
public final class ReducedTokenizer {
  private final Path folder;
  private final KeptRows kept;
  private final ObjectNode tokenizer;
  private final TokenModel model;

  private ReducedTokenizer(Path folder, int rows, BitSet wanted) {
    this.folder = folder;
    Path file = folder.resolve("tokenizer.json");
    tokenizer = TokenizerJson.read(file);
    model = TokenModel.of(file, tokenizer);
    BitSet ids = (BitSet) wanted.clone();
    try (Tokenizer whole = Tokenizer.load(folder)) {
      ids.or(whole.alwaysKept());
    }
    TokenizerJson.replaceIds(
        tokenizer,
        id -> {
          if (id < rows) {
            ids.set(id);
          }
          return id;
        });
    model.complete(ids);
    if (ids.length() > rows) {
      throw TokenizerFiles.broken(
          file,
          "token %d is needed, but the model has %d rows; take the tokenizer that belongs to the"
                  .formatted(ids.length() - 1, rows)
              + " model",
          Optional.empty());
    }
    kept = KeptRows.of(rows, ids);
    cut();
  }

  /// Cuts the tokenizer in `folder`.
  ///
  /// @param rows of the model's word embeddings
  /// @param wanted ids to be kept; special tokens, and what the tokenizer needs to find them, are
  ///   kept beside them
  /// @throws org.mneme.InvalidInputException of kind DATA where a file is broken or the tokenizer
  ///   is of a kind that cannot be cut
  public static ReducedTokenizer of(Path folder, int rows, BitSet wanted) {
    return new ReducedTokenizer(folder, rows, wanted);
  }

  /// The ids that are kept; their places are the new ids.
  public KeptRows kept() {
    return kept;
  }

  private void cut() {
    model.cut(kept);
    TokenizerJson.replaceIds(tokenizer, id -> kept.contains(id) ? kept.place(id) : id);
    if (tokenizer.get("added_tokens") instanceof ArrayNode added) {
      ArrayNode all = added.deepCopy();
      added.removeAll();
      for (JsonNode token : all) {
        int id = token.path("id").asInt(-1);
        if (kept.contains(id) && token instanceof ObjectNode object) {
          added.add(object.put("id", kept.place(id)));
        }
      }
    }
  }

  /// The new files by name: of those that belong to a tokenizer the ones that there are.
  public Map<String, byte[]> files() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("tokenizer.json", TokenizerJson.write(tokenizer));
    for (String name : new String[] {"vocab.json", "added_tokens.json"}) {
      if (has(name)) {
        ObjectNode vocabulary = TokenizerJson.read(folder.resolve(name));
        TokenModel.cut(vocabulary, kept);
        files.put(name, TokenizerJson.write(vocabulary));
      }
    }
    if (has("tokenizer_config.json")) {
      files.put("tokenizer_config.json", config());
    }
    if (has("special_tokens_map.json")) {
      files.put("special_tokens_map.json", bytes("special_tokens_map.json"));
    }
    if (has("vocab.txt")) {
      files.put("vocab.txt", list(text("vocab.txt")).getBytes(StandardCharsets.UTF_8));
    }
    if (has("merges.txt") && model instanceof MergeModel merges) {
      String lines = merges.cutLines(text("merges.txt"));
      files.put("merges.txt", lines.getBytes(StandardCharsets.UTF_8));
    }
    return Collections.unmodifiableMap(files);
  }

  private boolean has(String name) {
    return Files.isRegularFile(folder.resolve(name));
  }

  /// `added_tokens_decoder` has ids as its keys.
  private byte[] config() {
    ObjectNode config = TokenizerJson.read(folder.resolve("tokenizer_config.json"));
    if (!(config.get("added_tokens_decoder") instanceof ObjectNode added)) {
      return bytes("tokenizer_config.json");
    }
    ObjectNode all = added.deepCopy();
    added.removeAll();
    for (Map.Entry<String, JsonNode> token : all.properties()) {
      int id = token.getKey().matches("\\d{1,9}") ? Integer.parseInt(token.getKey()) : -1;
      if (kept.contains(id)) {
        added.set(Integer.toString(kept.place(id)), token.getValue());
      }
    }
    return TokenizerJson.write(config);
  }

  /// A token a line, whose number is its id; only a line feed ends a line, whatever else tokens
  /// hold.
  private String list(String tokens) {
    String[] lines = tokens.split("\n", -1);
    int count = lines[lines.length - 1].isEmpty() ? lines.length - 1 : lines.length;
    return IntStream.range(0, count)
        .filter(kept::contains)
        .mapToObj(id -> lines[id] + "\n")
        .collect(Collectors.joining());
  }

  private String text(String name) {
    return new String(bytes(name), StandardCharsets.UTF_8);
  }

  private byte[] bytes(String name) {
    Path file = folder.resolve(name);
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw TokenizerFiles.broken(file, "cannot be read: " + e.getMessage(), Optional.of(e));
    }
  }
}
