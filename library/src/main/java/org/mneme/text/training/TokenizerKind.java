package org.mneme.text.training;

import java.util.Locale;

/// How a tokenizer parts text.
public enum TokenizerKind {
  /// Bytes, and frequent sequences of bytes inside words: GPT-2's (Radford et al. 2019). Any text
  /// has tokens, and comes back as it was.
  BYTELEVEL,
  /// Pieces of words, those inside a word marked by `##`: BERT's (Devlin et al. 2018).
  WORDPIECE,
  /// The 256 bytes.
  BYTES,
  /// The characters (code points) of the texts.
  CHARACTERS,
  /// What stands between blanks, the most frequent first.
  WORDS;

  /// Its name on the command line.
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
