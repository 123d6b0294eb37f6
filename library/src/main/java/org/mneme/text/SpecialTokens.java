package org.mneme.text;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/// The ids of the tokens with a part to play; empty where a tokenizer has no such token.
///
/// They are read from `tokenizer_config.json`, then `special_tokens_map.json`; what neither names
/// is looked up under the usual names (`[MASK]`, `<mask>`, ...). `cls` and `bos`, `sep` and `eos`
/// stand in for each other where a model has only one of the two.
///
/// @param pad fills up short texts
/// @param unk stands for what the vocabulary lacks
/// @param cls begins a text for an encoder
/// @param sep ends a text for an encoder
/// @param mask hides a token that is to be guessed
/// @param bos begins a text for a decoder
/// @param eos ends a text for a decoder
public record SpecialTokens(
    OptionalInt pad,
    OptionalInt unk,
    OptionalInt cls,
    OptionalInt sep,
    OptionalInt mask,
    OptionalInt bos,
    OptionalInt eos) {

  private static final Map<String, List<String>> USUAL_NAMES =
      Map.of(
          "pad_token", List.of("[PAD]", "<pad>", "<|pad|>"),
          "unk_token", List.of("[UNK]", "<unk>"),
          "cls_token", List.of("[CLS]", "<cls>"),
          "sep_token", List.of("[SEP]", "<sep>"),
          "mask_token", List.of("[MASK]", "<mask>"),
          "bos_token", List.of("<s>", "[BOS]", "<bos>", "<|begin_of_text|>", "<|startoftext|>"),
          "eos_token", List.of("</s>", "[EOS]", "<eos>", "<|end_of_text|>", "<|endoftext|>"));

  static SpecialTokens of(TokenizerFiles files, Vocabulary vocabulary) {
    OptionalInt cls = find(files, vocabulary, "cls_token");
    OptionalInt sep = find(files, vocabulary, "sep_token");
    OptionalInt bos = find(files, vocabulary, "bos_token");
    OptionalInt eos = find(files, vocabulary, "eos_token");
    OptionalInt unk = find(files, vocabulary, "unk_token");
    return new SpecialTokens(
        find(files, vocabulary, "pad_token"),
        unk.isPresent() ? unk : unknownOfModel(files, vocabulary),
        cls.isPresent() ? cls : bos,
        sep.isPresent() ? sep : eos,
        find(files, vocabulary, "mask_token"),
        bos.isPresent() ? bos : cls,
        eos.isPresent() ? eos : sep);
  }

  /// All ids there are.
  BitSet all() {
    BitSet ids = new BitSet();
    for (OptionalInt id : List.of(pad, unk, cls, sep, mask, bos, eos)) {
      id.ifPresent(ids::set);
    }
    return ids;
  }

  private static OptionalInt find(TokenizerFiles files, Vocabulary vocabulary, String role) {
    for (JsonNode file : List.of(files.config(), files.specialTokensMap())) {
      if (file.has(role)) {
        JsonNode token = file.path(role);
        return vocabulary.id(token.path("content").asString(token.asString("")));
      }
    }
    return USUAL_NAMES.getOrDefault(role, List.of()).stream()
        .map(vocabulary::id)
        .filter(OptionalInt::isPresent)
        .findFirst()
        .orElse(OptionalInt.empty());
  }

  private static OptionalInt unknownOfModel(TokenizerFiles files, Vocabulary vocabulary) {
    JsonNode model = files.tokenizer().path("model");
    return model.path("unk_id").isInt()
        ? OptionalInt.of(model.path("unk_id").intValue())
        : vocabulary.id(model.path("unk_token").asString(""));
  }
}
