package org.mneme.text;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Parts of a new `tokenizer.json` and of the files beside it, as Hugging Face's library writes
/// them.
public final class TokenizerParts {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final long NO_LIMIT = 1_000_000_000_000_000_019L; // transformers'

  /// The words that Llama 3 cuts texts into before pairs of bytes are merged.
  public static final String LLAMA_3 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /// Those of Qwen 2, where each digit is a word.
  public static final String QWEN_2 = LLAMA_3.replace("\\p{N}{1,3}", "\\p{N}");

  private TokenizerParts() {}

  /// A `tokenizer.json` so far that texts are neither cut nor padded.
  public static ObjectNode tokenizer() {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("version", "1.0");
    json.putNull("truncation");
    json.putNull("padding");
    return json;
  }

  /// Adds a token that is found in texts before they are cut.
  ///
  /// @param special whether it plays a part rather than being text
  public static void addToken(ArrayNode added, int id, String content, boolean special) {
    added
        .addObject()
        .put("id", id)
        .put("content", content)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", special);
  }

  /// Makes `part` the step between texts and letters for their bytes.
  ///
  /// @param prefix whether a blank is put before a text
  /// @param trim whether offsets leave blanks out
  /// @param cuts whether texts are cut as GPT-2 does
  public static void byteLevel(ObjectNode part, boolean prefix, boolean trim, boolean cuts) {
    part.put("type", "ByteLevel")
        .put("add_prefix_space", prefix)
        .put("trim_offsets", trim)
        .put("use_regex", cuts);
  }

  /// Makes `part` the step that cuts texts into words that match a pattern, and what is between.
  public static void split(ObjectNode part, String pattern) {
    part.put("type", "Split");
    part.putObject("pattern").put("Regex", pattern);
    part.put("behavior", "Isolated").put("invert", false);
  }

  /// Makes `model` a BPE over such letters, so far without vocabulary and merges.
  ///
  /// @param ignoreMerges whether a word of the vocabulary is one token whatever the merges say
  public static void bytePairs(ObjectNode model, boolean ignoreMerges) {
    model.put("type", "BPE").putNull("dropout").putNull("unk_token");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", ignoreMerges);
  }

  /// A `tokenizer_config.json` without any tokens.
  public static ObjectNode config() {
    return MAPPER
        .createObjectNode()
        .put("tokenizer_class", "PreTrainedTokenizerFast")
        .put("model_max_length", NO_LIMIT)
        .put("clean_up_tokenization_spaces", false);
  }
}
