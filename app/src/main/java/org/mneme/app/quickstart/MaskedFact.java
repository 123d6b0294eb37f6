package org.mneme.app.quickstart;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mneme.text.Tokenizer;

/// A fact with one word of its gloss hidden.
///
/// @param before the text up to the hidden word
/// @param answer the hidden word, one token of the vocabulary
/// @param after the text behind it
record MaskedFact(String before, String answer, String after) {
  private static final Pattern WORD = Pattern.compile("\\b[a-z]{5,}\\b");

  /// The longest word of each gloss that is one token; facts without such a word are left out.
  static List<MaskedFact> of(List<String> facts, Tokenizer tokenizer, int count) {
    List<MaskedFact> masked = new ArrayList<>();
    for (String fact : facts) {
      String answer = "";
      int place = 0;
      Matcher words = WORD.matcher(fact);
      words.region(fact.indexOf(": ") + 1, fact.length());
      while (words.find()) {
        String word = words.group();
        if (word.length() > answer.length() && tokenizer.vocabulary().id(word).isPresent()) {
          answer = word;
          place = words.start();
        }
      }
      if (!answer.isEmpty() && fact.length() < 120) {
        masked.add(
            new MaskedFact(
                fact.substring(0, place), answer, fact.substring(place + answer.length())));
      }
      if (masked.size() == count) {
        break;
      }
    }
    return masked;
  }

  /// The text with the word hidden.
  String text(Tokenizer tokenizer) {
    String mask =
        tokenizer.vocabulary().token(tokenizer.specialTokens().mask().orElseThrow()).orElseThrow();
    return before + mask + after;
  }
}
