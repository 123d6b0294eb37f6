package org.mneme.checkpoint.gguf;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mneme.text.TokenizerParts;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The byte-level BPE tokenizer in a GGUF file's metadata, as Hugging Face's library has it.
final class GgufTokenizer {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final String KEYS = "tokenizer.ggml.";
  private static final long CONTROL = 3;
  private static final long OF_USER = 4;

  /// How a text is cut before pairs of bytes are merged.
  private enum Cut {
    GPT_2,
    /// Each digit by itself, then as GPT-2 does.
    DIGITS,
    LLAMA_3,
    QWEN_2
  }

  private final GgufFile file;
  private final List<String> tokens;
  private final List<Long> types;
  private final Cut cut;

  private GgufTokenizer(GgufFile file, List<String> tokens, List<Long> types, Cut cut) {
    this.file = file;
    this.tokens = tokens;
    this.types = types;
    this.cut = cut;
  }

  /// Reads the metadata.
  ///
  /// @throws org.mneme.InvalidInputException of kind WEIGHTS where it holds no such tokenizer
  static GgufTokenizer read(GgufFile file) {
    String model = file.text(KEYS + "model");
    if (!"gpt2".equals(model)) {
      throw file.error(
          KEYS + "model is " + (model == null ? "absent" : "\"" + model + "\""),
          "only byte-level BPE (gpt2) can be made into a tokenizer.json; take another model");
    }
    String name = file.text(KEYS + "pre");
    if (name == null || name.equals("default")) {
      throw file.error(
          "does not say how texts are cut into words (" + KEYS + "pre)",
          "convert the model with a newer llama.cpp");
    }
    List<String> tokens = file.list(KEYS + "tokens", String.class);
    List<Long> types = file.list(KEYS + "token_type", Long.class);
    if (tokens.isEmpty() || !(types.isEmpty() || types.size() == tokens.size())) {
      throw file.error(
          "has %d tokens and %d types of them".formatted(tokens.size(), types.size()),
          "take another file of the model");
    }
    return new GgufTokenizer(file, tokens, types, cut(file, name));
  }

  /// By llama.cpp's name for it.
  private static Cut cut(GgufFile file, String name) {
    return switch (name) {
      case "gpt-2", "gpt2", "phi-2", "mpt", "olmo", "jais" -> Cut.GPT_2;
      case "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone" -> Cut.DIGITS;
      case "llama3", "llama-v3", "llama-bpe", "falcon3" -> Cut.LLAMA_3;
      case "qwen2", "deepseek-r1-qwen", "megrez" -> Cut.QWEN_2;
      default ->
          throw file.error(
              KEYS + "pre is \"" + name + "\"",
              "known are gpt-2, phi-2, mpt, olmo, jais, smollm, starcoder, refact, command-r,"
                  + " codeshell, exaone, llama-bpe, falcon3, qwen2, deepseek-r1-qwen, megrez");
    };
  }

  /// How many tokens there are.
  int size() {
    return tokens.size();
  }

  /// The id that metadata `name` holds, null for none.
  @Nullable Integer id(String name) {
    Long id = file.integer(KEYS + name);
    if (id == null) {
      return null;
    }
    if (id < 0 || id >= tokens.size()) {
      throw file.error(
          "%s%s is %d, and there are %d tokens".formatted(KEYS, name, id, tokens.size()),
          "take another file of the model");
    }
    return Math.toIntExact(id);
  }

  /// The files of the tokenizer by name.
  Map<String, ObjectNode> files() {
    Map<String, ObjectNode> files = new LinkedHashMap<>();
    files.put("tokenizer.json", tokenizer());
    ObjectNode config = roles(TokenizerParts.config());
    String chat = file.text("tokenizer.chat_template");
    if (chat != null) {
      config.put("chat_template", chat);
    }
    files.put("tokenizer_config.json", config);
    files.put("special_tokens_map.json", roles(MAPPER.createObjectNode()));
    return files;
  }

  private ObjectNode roles(ObjectNode json) {
    for (String role : List.of("bos", "eos", "unknown", "padding")) {
      Integer id = id(role + "_token_id");
      if (id != null) {
        String name =
            switch (role) {
              case "unknown" -> "unk";
              case "padding" -> "pad";
              default -> role;
            };
        json.put(name + "_token", tokens.get(id));
      }
    }
    return json;
  }

  private ObjectNode tokenizer() {
    ObjectNode json = TokenizerParts.tokenizer();
    ArrayNode added = json.putArray("added_tokens");
    for (int id = 0; id < types.size(); id++) {
      long type = types.get(id);
      if (type == CONTROL || type == OF_USER) {
        TokenizerParts.addToken(added, id, tokens.get(id), type == CONTROL);
      }
    }
    if (cut == Cut.QWEN_2) {
      json.putObject("normalizer").put("type", "NFC");
    } else {
      json.putNull("normalizer");
    }
    preTokenizer(json.putObject("pre_tokenizer"));
    postProcessor(json);
    TokenizerParts.byteLevel(json.putObject("decoder"), false, true, true);
    model(json.putObject("model"));
    return json;
  }

  private void preTokenizer(ObjectNode json) {
    json.put("type", "Sequence");
    ArrayNode parts = json.putArray("pretokenizers");
    switch (cut) {
      case GPT_2 -> {}
      case DIGITS -> parts.addObject().put("type", "Digits").put("individual_digits", true);
      case LLAMA_3 -> TokenizerParts.split(parts.addObject(), TokenizerParts.LLAMA_3);
      case QWEN_2 -> TokenizerParts.split(parts.addObject(), TokenizerParts.QWEN_2);
    }
    boolean cuts = cut == Cut.GPT_2 || cut == Cut.DIGITS;
    TokenizerParts.byteLevel(parts.addObject(), false, true, cuts);
  }

  /// Puts the first token before a text where the metadata says so.
  private void postProcessor(ObjectNode json) {
    Integer first = id("bos_token_id");
    Boolean said = file.flag(KEYS + "add_bos_token");
    boolean adds = said == null ? cut == Cut.LLAMA_3 : said; // as llama.cpp does
    if (first == null || !adds) {
      TokenizerParts.byteLevel(json.putObject("post_processor"), false, true, true);
      return;
    }
    ObjectNode template = json.putObject("post_processor").put("type", "TemplateProcessing");
    String token = tokens.get(first);
    ArrayNode single = template.putArray("single");
    special(single, token, 0);
    sequence(single, "A", 0);
    ArrayNode pair = template.putArray("pair");
    special(pair, token, 0);
    sequence(pair, "A", 0);
    special(pair, token, 1);
    sequence(pair, "B", 1);
    ObjectNode known = template.putObject("special_tokens").putObject(token);
    known.put("id", token);
    known.putArray("ids").add(first);
    known.putArray("tokens").add(token);
  }

  private static void special(ArrayNode template, String token, int type) {
    template.addObject().putObject("SpecialToken").put("id", token).put("type_id", type);
  }

  private static void sequence(ArrayNode template, String name, int type) {
    template.addObject().putObject("Sequence").put("id", name).put("type_id", type);
  }

  private void model(ObjectNode model) {
    TokenizerParts.bytePairs(model, cut == Cut.LLAMA_3);
    ObjectNode words = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      if (words.has(tokens.get(id))) {
        throw file.error(
            "token %d, \"%s\", is there twice".formatted(id, tokens.get(id)),
            "take another file of the model");
      }
      words.put(tokens.get(id), id);
    }
    ArrayNode pairs = model.putArray("merges");
    for (String merge : file.list(KEYS + "merges", String.class)) {
      int blank = merge.indexOf(' ', 1);
      if (blank < 0 || blank == merge.length() - 1) {
        throw file.error(
            KEYS + "merges has \"" + merge + "\", which is no pair",
            "take another file of the model");
      }
      pairs.addArray().add(merge.substring(0, blank)).add(merge.substring(blank + 1));
    }
  }
}
