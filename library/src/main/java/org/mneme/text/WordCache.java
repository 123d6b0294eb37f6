package org.mneme.text;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;

/// Remembers the tokens of words, since texts consist of the same few: several times as fast as
/// asking the native tokenizer for every text.
///
/// Only for BERT's tokenizers, where blanks part words before anything else happens, so that the
/// tokens of a text are those of what stands between its blanks. Safe for several threads.
final class WordCache {
  private static final int MOST_WORDS = 1 << 18;
  private static final int LONGEST_WORD = 64;

  private final NativeTokenizer tokenizer;
  private final Map<String, TextTokens> words = new ConcurrentHashMap<>();

  WordCache(NativeTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /// Whether the tokens of a text are surely those of its words.
  static boolean isExactFor(JsonNode tokenizer) {
    for (JsonNode added : tokenizer.path("added_tokens")) {
      if (added.path("content").asString("").chars().anyMatch(WordCache::isBlank)) {
        return false;
      }
    }
    return type(tokenizer, "normalizer").equals("BertNormalizer")
        && type(tokenizer, "pre_tokenizer").equals("BertPreTokenizer")
        && type(tokenizer, "model").equals("WordPiece");
  }

  private static String type(JsonNode tokenizer, String part) {
    return tokenizer.path(part).path("type").asString("");
  }

  /// The blanks of ASCII are enough: others, inside what is looked up, are the tokenizer's.
  private static boolean isBlank(int character) {
    return character == ' ' || character == '\n' || character == '\t' || character == '\r';
  }

  /// The tokens of `text` without added ones.
  TextTokens tokens(String text) {
    int[] ids = new int[16 + text.length() / 4];
    int[] wordIds = new int[ids.length];
    int size = 0;
    int word = 0;
    int length = text.length();
    for (int end, from = 0; from < length; from = end + 1) {
      end = from;
      while (end < length && !isBlank(text.charAt(end))) {
        end++;
      }
      if (end > from) {
        TextTokens found = look(text.substring(from, end));
        int count = found.ids().length;
        if (size + count > ids.length) {
          ids = Arrays.copyOf(ids, 2 * (size + count));
          wordIds = Arrays.copyOf(wordIds, ids.length);
        }
        for (int i = 0; i < count; i++) {
          ids[size] = found.ids()[i];
          wordIds[size++] = word + found.words()[i];
        }
        word += count == 0 ? 0 : found.words()[count - 1] + 1;
      }
    }
    return new TextTokens(Arrays.copyOf(ids, size), Arrays.copyOf(wordIds, size));
  }

  private TextTokens look(String word) {
    TextTokens known = words.get(word);
    if (known != null) {
      return known;
    }
    TextTokens found = tokenizer.tokens(word);
    if (word.length() <= LONGEST_WORD) {
      if (words.size() >= MOST_WORDS) {
        words.clear(); // the frequent ones come back at once
      }
      words.put(word, found);
    }
    return found;
  }
}
