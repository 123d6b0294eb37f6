package org.mneme.data;

import java.util.stream.IntStream;
import org.mneme.text.Encoding;
import org.mneme.text.Tokenizer;

/// The tokens that are added to those of a document.
///
/// @param prefix in front of every row
/// @param suffix behind every row
/// @param separator behind every document, [#NONE] for nothing
record Frame(int[] prefix, int[] suffix, int separator) {
  static final int NONE = -1;

  /// Rows of an encoder: what its tokenizer puts around a text (`[CLS]`, `[SEP]`).
  ///
  /// @param separated whether what ends a text also stands between the documents of a row
  static Frame encoder(Tokenizer tokenizer, boolean separated) {
    Encoding text = tokenizer.encode("a");
    int[] added =
        IntStream.range(0, text.size()).filter(i -> text.specialTokensMask()[i] == 1).toArray();
    int first =
        IntStream.range(0, text.size())
            .filter(i -> text.specialTokensMask()[i] == 0)
            .findFirst()
            .orElse(text.size());
    int[] prefix = IntStream.of(added).filter(i -> i < first).map(i -> text.ids()[i]).toArray();
    int[] suffix = IntStream.of(added).filter(i -> i > first).map(i -> text.ids()[i]).toArray();
    boolean separates = separated && suffix.length > 0;
    return new Frame(prefix, suffix, separates ? suffix[suffix.length - 1] : NONE);
  }

  /// Rows of a decoder: nothing around them, an end of text behind every document if wanted.
  static Frame decoder(Tokenizer tokenizer, boolean separated) {
    int end = tokenizer.specialTokens().eos().orElse(NONE);
    return new Frame(new int[0], new int[0], separated ? end : NONE);
  }

  /// How many tokens of documents fit into a row.
  int room(int maxLength) {
    return maxLength - prefix.length - suffix.length;
  }

  boolean separates() {
    return separator != NONE;
  }
}
