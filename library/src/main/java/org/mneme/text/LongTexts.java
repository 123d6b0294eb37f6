package org.mneme.text;

import java.util.Arrays;
import tools.jackson.databind.JsonNode;

/// Takes long texts piece by piece, since the native tokenizer needs some 200 bytes a token until
/// it is done: a file of 100 MB that is one document would take 20 GB.
///
/// Only for tokenizers whose words are known to end where texts are cut: between two letters or
/// digits, before the only blank there, or behind the only line end. Other texts stay whole. Safe
/// for several threads.
final class LongTexts {
  private static final int LEAST_CHARACTERS = 1 << 16;

  private final NativeTokenizer tokenizer;
  private final boolean cuts;
  private final boolean endsWords; // where it cuts
  private final int least;

  LongTexts(NativeTokenizer tokenizer, JsonNode json) {
    this(tokenizer, json, LEAST_CHARACTERS);
  }

  /// @param least characters of a piece
  LongTexts(NativeTokenizer tokenizer, JsonNode json, int least) {
    this.tokenizer = tokenizer;
    this.least = least;
    cuts = isExactFor(json);
    endsWords = endsWords(json.path("pre_tokenizer"));
  }

  /// Whether the tokens of a text are surely those of its pieces.
  static boolean isExactFor(JsonNode tokenizer) {
    for (JsonNode added : tokenizer.path("added_tokens")) {
      boolean eatsBlanks =
          added.path("lstrip").asBoolean(false) || added.path("rstrip").asBoolean(false);
      if (eatsBlanks || added.path("content").asString("").chars().anyMatch(LongTexts::isBlank)) {
        return false;
      }
    }
    boolean normalises =
        switch (tokenizer.path("normalizer").path("type").asString("")) {
          case "", "NFC", "Lowercase" -> false;
          default -> true;
        };
    return !normalises && (endsWords(tokenizer.path("pre_tokenizer")) || isOfBytes(tokenizer));
  }

  /// Whether a pre-tokenizer ends a word where texts are cut.
  private static boolean endsWords(JsonNode part) {
    return switch (part.path("type").asString("")) {
      case "WhitespaceSplit", "Whitespace", "BertPreTokenizer" -> true;
      case "Split" -> part.path("pattern").path("Regex").asString("").equals("[\\s\\S]");
      case "ByteLevel" -> addsNoBlank(part) && part.path("use_regex").asBoolean(true);
      case "Sequence" -> {
        JsonNode all = part.path("pretokenizers");
        JsonNode last = all.path(all.size() - 1);
        yield isOfKnownWords(all)
            || (endsWords(last)
                && all.valueStream()
                    .limit(all.size() - 1L)
                    .allMatch(one -> one.path("type").asString("").equals("Digits")));
      }
      default -> false;
    };
  }

  /// Whether words are those of Llama 3 or Qwen 2, and nothing is done to them.
  private static boolean isOfKnownWords(JsonNode parts) {
    JsonNode words = parts.path(0);
    String pattern = words.path("pattern").path("Regex").asString("");
    JsonNode bytes = parts.path(1);
    return parts.size() == 2
        && words.path("type").asString("").equals("Split")
        && words.path("behavior").asString("").equals("Isolated")
        && !words.path("invert").asBoolean(true)
        && (pattern.equals(TokenizerParts.LLAMA_3) || pattern.equals(TokenizerParts.QWEN_2))
        && bytes.path("type").asString("").equals("ByteLevel")
        && addsNoBlank(bytes)
        && !bytes.path("use_regex").asBoolean(true);
  }

  /// Whether each byte is a token, and all of them one word but for added tokens, which have to
  /// look unlike words for that.
  private static boolean isOfBytes(JsonNode tokenizer) {
    JsonNode part = tokenizer.path("pre_tokenizer");
    JsonNode model = tokenizer.path("model");
    return part.path("type").asString("").equals("ByteLevel")
        && addsNoBlank(part)
        && model.path("type").asString("").equals("BPE")
        && model.path("merges").isEmpty()
        && tokenizer
            .path("added_tokens")
            .valueStream()
            .map(added -> added.path("content").asString(""))
            .noneMatch(LongTexts::beginsOrEndsAWord);
  }

  private static boolean addsNoBlank(JsonNode byteLevel) {
    return !byteLevel.path("add_prefix_space").asBoolean(true);
  }

  private static boolean beginsOrEndsAWord(String text) {
    return !text.isEmpty()
        && (Character.isLetterOrDigit(text.charAt(0))
            || Character.isLetterOrDigit(text.charAt(text.length() - 1)));
  }

  private static boolean isBlank(int character) {
    return Character.isWhitespace(character) || Character.isSpaceChar(character);
  }

  /// The tokens of `text` without added ones.
  TextTokens tokens(String text) {
    int end = cuts ? end(text, 0) : text.length();
    if (end == text.length()) {
      return tokenizer.tokens(text);
    }
    int[] ids = new int[16 + text.length() / 4];
    int[] words = new int[ids.length];
    int size = 0;
    int word = 0;
    for (int from = 0; from < text.length(); from = end) {
      end = end(text, from);
      TextTokens piece = tokenizer.tokens(text.substring(from, end));
      int count = piece.ids().length;
      if (size + count > ids.length) {
        ids = Arrays.copyOf(ids, Math.max(size + count, ids.length + ids.length / 2));
        words = Arrays.copyOf(words, ids.length);
      }
      System.arraycopy(piece.ids(), 0, ids, size, count);
      int last = -1;
      for (int i = 0; i < count; i++) {
        int own = piece.words()[i];
        words[size + i] = own < 0 ? own : word + own;
        last = Math.max(last, own);
      }
      size += count;
      word += endsWords ? last + 1 : Math.max(0, last);
    }
    return new TextTokens(Arrays.copyOf(ids, size), Arrays.copyOf(words, size));
  }

  /// Where the piece that begins at `from` ends.
  private int end(String text, int from) {
    for (int at = from + least; at + 1 < text.length(); at++) {
      char blank = text.charAt(at);
      if ((blank == ' ' || blank == '\n')
          && Character.isLetterOrDigit(text.charAt(at - 1))
          && Character.isLetterOrDigit(text.charAt(at + 1))) {
        return blank == ' ' ? at : at + 1;
      }
    }
    return text.length();
  }
}
