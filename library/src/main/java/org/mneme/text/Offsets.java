package org.mneme.text;

/// Where each token lies in its text: from `starts[i]` up to, not including, `ends[i]`. Tokens that
/// stand for no text (special ones and padding) have 0 and 0.
public record Offsets(int[] starts, int[] ends) {
  /// The positions, in `char`s of a `String`, of the code points of `text`, and of its end.
  static int[] charIndexes(String text) {
    int[] indexes = new int[text.codePointCount(0, text.length()) + 1];
    int at = 0;
    for (int i = 0; i < indexes.length; i++) {
      indexes[i] = at;
      at += at < text.length() ? Character.charCount(text.codePointAt(at)) : 0;
    }
    return indexes;
  }
}
