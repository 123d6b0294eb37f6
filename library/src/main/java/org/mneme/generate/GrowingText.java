package org.mneme.generate;

import java.util.Arrays;
import java.util.List;
import org.mneme.text.Tokenizer;

/// The text of tokens that come one after the other. Only the last of them are decoded again with
/// each that comes: from some before the place up to which the text is settled, as what a token is
/// decoded to may depend on its neighbours.
final class GrowingText {
  private static final char UNFINISHED = '\uFFFD'; // where bytes of a character are still to come
  private static final int NEIGHBOURS = 16; // tokens

  private final Tokenizer tokenizer;
  private final StringBuilder text = new StringBuilder();
  private int[] window = new int[0]; // the last tokens
  private int settledTokens; // of the window
  private int settledLength; // of their text
  private int settled; // of the whole text

  GrowingText(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /// Appends what `token` says.
  void add(int token) {
    window = Arrays.copyOf(window, window.length + 1);
    window[window.length - 1] = token;
    String decoded = tokenizer.decode(window, true);
    text.setLength(settled);
    text.append(decoded, Math.min(settledLength, decoded.length()), decoded.length());
    if (window.length - settledTokens >= NEIGHBOURS && !isUnfinished(text.length())) {
      settled = text.length();
      window = Arrays.copyOfRange(window, settledTokens, window.length);
      settledTokens = window.length;
      settledLength = tokenizer.decode(window, true).length();
    }
  }

  private boolean isUnfinished(int length) {
    return length > 0 && text.charAt(length - 1) == UNFINISHED;
  }

  /// How much of the text stays as it is, whatever comes: without unfinished characters, and
  /// without what one of `stops` may begin with.
  int certain(List<String> stops) {
    int certain = text.length();
    while (isUnfinished(certain)) {
      certain--;
    }
    int whole = certain;
    for (String stop : stops) {
      for (int part = Math.min(stop.length() - 1, whole); part > 0; part--) {
        if (text.substring(whole - part, whole).equals(stop.substring(0, part))) {
          certain = Math.min(certain, whole - part);
          break;
        }
      }
    }
    return certain;
  }

  /// Where `part` begins at or after `from`; -1 for nowhere.
  int indexOf(String part, int from) {
    return text.indexOf(part, from);
  }

  /// Leaves nothing behind the first `length` characters; nothing is added afterwards.
  void cut(int length) {
    text.setLength(length);
  }

  int length() {
    return text.length();
  }

  String between(int from, int to) {
    return text.substring(from, to);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
