package org.mneme.text.training;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mneme.text.TokenizerParts;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes tokenizers as Hugging Face's library reads them.
final class TokenizerJsonWriter {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final String END = "<|endoftext|>";
  private static final List<String> OF_BERT = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");
  private static final List<String> OF_WORDS = List.of("<eos>", "<unk>");

  private final TokenizerKind kind;
  private final boolean lowercase;

  TokenizerJsonWriter(TokenizerKind kind, boolean lowercase) {
    this.kind = kind;
    this.lowercase = lowercase;
  }

  /// Tokens with a part to play, which come first.
  static List<String> special(TokenizerKind kind) {
    return switch (kind) {
      case BYTELEVEL, BYTES -> List.of(END);
      case WORDPIECE -> OF_BERT;
      case CHARACTERS, WORDS -> OF_WORDS;
    };
  }

  /// The files by their names.
  Map<String, String> files(List<String> vocabulary, List<String[]> merges) {
    Map<String, String> files = new LinkedHashMap<>();
    files.put("tokenizer.json", text(tokenizer(vocabulary, merges)));
    files.put("tokenizer_config.json", text(roles(TokenizerParts.config())));
    files.put("special_tokens_map.json", text(roles(MAPPER.createObjectNode())));
    return files;
  }

  private static String text(ObjectNode json) {
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
  }

  private ObjectNode tokenizer(List<String> vocabulary, List<String[]> merges) {
    ObjectNode json = TokenizerParts.tokenizer();
    ArrayNode added = json.putArray("added_tokens");
    List<String> special = special(kind);
    for (int id = 0; id < special.size(); id++) {
      TokenizerParts.addToken(added, id, special.get(id), true);
    }
    normalizer(json);
    preTokenizer(json);
    postProcessor(json);
    decoder(json);
    model(json.putObject("model"), vocabulary, merges);
    return json;
  }

  private void normalizer(ObjectNode json) {
    switch (kind) {
      case WORDPIECE ->
          json.putObject("normalizer")
              .put("type", "BertNormalizer")
              .put("clean_text", true)
              .put("handle_chinese_chars", true)
              .putNull("strip_accents")
              .put("lowercase", lowercase);
      case CHARACTERS, WORDS -> {
        if (lowercase) {
          json.putObject("normalizer").put("type", "Lowercase");
        } else {
          json.putNull("normalizer");
        }
      }
      case BYTELEVEL, BYTES -> json.putNull("normalizer");
    }
  }

  private void preTokenizer(ObjectNode json) {
    ObjectNode part = json.putObject("pre_tokenizer");
    switch (kind) {
      case BYTELEVEL, BYTES ->
          TokenizerParts.byteLevel(part, false, true, kind == TokenizerKind.BYTELEVEL);
      case WORDPIECE -> part.put("type", "BertPreTokenizer");
      case WORDS -> part.put("type", "WhitespaceSplit");
      case CHARACTERS -> {
        part.put("type", "Split");
        part.putObject("pattern").put("Regex", "[\\s\\S]");
        part.put("behavior", "Isolated").put("invert", false);
      }
    }
  }

  private void postProcessor(ObjectNode json) {
    switch (kind) {
      case BYTELEVEL, BYTES ->
          TokenizerParts.byteLevel(json.putObject("post_processor"), true, false, true);
      case WORDPIECE -> {
        ObjectNode bert = json.putObject("post_processor").put("type", "BertProcessing");
        bert.putArray("sep").add("[SEP]").add(OF_BERT.indexOf("[SEP]"));
        bert.putArray("cls").add("[CLS]").add(OF_BERT.indexOf("[CLS]"));
      }
      case CHARACTERS, WORDS -> json.putNull("post_processor");
    }
  }

  private void decoder(ObjectNode json) {
    switch (kind) {
      case BYTELEVEL, BYTES ->
          TokenizerParts.byteLevel(json.putObject("decoder"), true, true, true);
      case WORDPIECE ->
          json.putObject("decoder")
              .put("type", "WordPiece")
              .put("prefix", "##")
              .put("cleanup", true);
      case CHARACTERS -> json.putObject("decoder").put("type", "Fuse");
      case WORDS -> json.putNull("decoder");
    }
  }

  private void model(ObjectNode model, List<String> vocabulary, List<String[]> merges) {
    switch (kind) {
      case BYTELEVEL, BYTES -> {
        TokenizerParts.bytePairs(model, false);
        words(model, vocabulary);
        ArrayNode pairs = model.putArray("merges");
        merges.forEach(merge -> pairs.addArray().add(merge[0]).add(merge[1]));
      }
      case WORDPIECE -> {
        model.put("type", "WordPiece").put("unk_token", "[UNK]");
        model.put("continuing_subword_prefix", "##").put("max_input_chars_per_word", 100);
        words(model, vocabulary);
      }
      case CHARACTERS, WORDS -> {
        model.put("type", "WordLevel");
        words(model, vocabulary);
        model.put("unk_token", "<unk>");
      }
    }
  }

  private static void words(ObjectNode model, List<String> vocabulary) {
    ObjectNode words = model.putObject("vocab");
    for (int id = 0; id < vocabulary.size(); id++) {
      words.put(vocabulary.get(id), id);
    }
  }

  private ObjectNode roles(ObjectNode json) {
    return switch (kind) {
      case BYTELEVEL, BYTES ->
          json.put("bos_token", END).put("eos_token", END).put("unk_token", END);
      case WORDPIECE ->
          json.put("pad_token", "[PAD]")
              .put("unk_token", "[UNK]")
              .put("cls_token", "[CLS]")
              .put("sep_token", "[SEP]")
              .put("mask_token", "[MASK]");
      case CHARACTERS, WORDS -> json.put("eos_token", "<eos>").put("unk_token", "<unk>");
    };
  }
}
