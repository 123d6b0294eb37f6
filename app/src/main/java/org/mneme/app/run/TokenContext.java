package org.mneme.app.run;

import org.mneme.text.Encoding;
import org.mneme.text.EncodingOptions;
import org.mneme.text.Offsets;

/// A token between its neighbours, as they stand in the text.
///
/// @param before a few tokens before it, whole words of them, an ellipsis first where there are
///   more
/// @param token its text; of a token that the tokenizer added (`[CLS]`), its name
/// @param after a few tokens behind it
public record TokenContext(String before, String token, String after) {
  private static final int NEIGHBOURS = 5;
  private static final String MORE = "…";

  /// The token at `position` of a line.
  public static TokenContext of(TextSet set, int line, int position) {
    String text = set.texts().get(set.lines().textIndex(line));
    int length = set.lines().ids(line).length;
    Encoding encoding = set.tokenizer().encode(text, EncodingOptions.DEFAULT.withMaxLength(length));
    Offsets at = encoding.charOffsets(text);
    boolean own = isText(encoding, position);
    int first = position;
    int last = position;
    while (first > 0
        && isText(encoding, first - 1)
        && (position - first < NEIGHBOURS || insideWord(encoding, first))) {
      first--;
    }
    while (last < length - 1
        && isText(encoding, last + 1)
        && (last - position < NEIGHBOURS || insideWord(encoding, last + 1))) {
      last++;
    }
    String before = "";
    String after = "";
    if (first < position) {
      int from = at.starts()[first];
      int to = own ? at.starts()[position] : at.ends()[position - 1];
      before = (from > 0 ? MORE : "") + text.substring(from, to);
    }
    if (last > position) {
      int from = own ? at.ends()[position] : at.starts()[position + 1];
      int to = at.ends()[last];
      after = text.substring(from, to) + (to < text.length() ? MORE : "");
    }
    String token =
        own
            ? text.substring(at.starts()[position], at.ends()[position])
            : encoding.tokens().get(position);
    return new TokenContext(before, token, after);
  }

  /// Whether the token and the one before it are of one word.
  private static boolean insideWord(Encoding encoding, int position) {
    return encoding.wordIds()[position] == encoding.wordIds()[position - 1];
  }

  private static boolean isText(Encoding encoding, int position) {
    return encoding.sequenceIds()[position] >= 0;
  }
}
