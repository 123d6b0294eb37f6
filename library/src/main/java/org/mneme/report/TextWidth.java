package org.mneme.report;

/// How wide text is, without a font: columns of a terminal, and a guess in pixels for labels of
/// charts.
final class TextWidth {
  private TextWidth() {}

  /// Columns in a terminal: wide characters and emoji take two, marks that combine take none.
  static int columns(String text) {
    int[] codes = text.codePoints().toArray();
    int columns = 0;
    for (int i = 0; i < codes.length; i++) {
      boolean joined = i > 0 && codes[i - 1] == 0x200d;
      columns += joined ? 0 : columns(codes[i]);
    }
    return columns;
  }

  private static int columns(int c) {
    int type = Character.getType(c);
    if (type == Character.NON_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || type == Character.FORMAT
        || type == Character.CONTROL
        || (c >= 0x1f3fb && c <= 0x1f3ff)) {
      return 0;
    }
    return wide(c) ? 2 : 1;
  }

  private static boolean wide(int c) {
    return (c >= 0x1100 && c <= 0x115f)
        || (c >= 0x2e80 && c <= 0x303e)
        || (c >= 0x3041 && c <= 0xa4cf)
        || (c >= 0xa960 && c <= 0xa97f)
        || (c >= 0xac00 && c <= 0xd7a3)
        || (c >= 0xf900 && c <= 0xfaff)
        || (c >= 0xfe30 && c <= 0xfe6f)
        || (c >= 0xff00 && c <= 0xff60)
        || (c >= 0xffe0 && c <= 0xffe6)
        || Character.isEmojiPresentation(c)
        || (c >= 0x20000 && c <= 0x3fffd);
  }

  /// About how many pixels `text` takes in a sans-serif of `size` pixels; rather too many than too
  /// few.
  static double pixels(String text, double size) {
    return text.codePoints().mapToDouble(TextWidth::ems).sum() * size;
  }

  private static double ems(int c) {
    if (columns(c) == 0) {
      return 0;
    }
    if (wide(c)) {
      return 1.1;
    }
    if ("iljtfrI.,:;|!'()[] \u00a0\u2009\u202f-".indexOf(c) >= 0) {
      return 0.34;
    }
    if (c == 'm' || c == 'w' || c == 'M' || c == 'W' || c == '%' || c == '@') {
      return 0.9;
    }
    return Character.isUpperCase(c) ? 0.68 : 0.58;
  }

  /// `text` cut to at most `columns` columns, the last of them an ellipsis when something is
  /// missing.
  static String cut(String text, int columns) {
    if (columns(text) <= columns) {
      return text;
    }
    StringBuilder kept = new StringBuilder();
    for (int c : text.codePoints().toArray()) {
      if (columns(kept.toString()) + columns(c) > columns - 1) {
        break;
      }
      kept.appendCodePoint(c);
    }
    return kept.toString().stripTrailing() + '…';
  }

  /// `text` cut to at most about `room` pixels.
  static String fit(String text, double size, double room) {
    if (pixels(text, size) <= room) {
      return text;
    }
    int[] codes = text.codePoints().toArray();
    int kept = codes.length;
    while (kept > 1 && pixels(new String(codes, 0, kept), size) + size > room) {
      kept--;
    }
    return new String(codes, 0, kept).stripTrailing() + "…";
  }
}
