package org.mneme.report;

import java.util.ArrayDeque;
import java.util.Deque;

/// Writes elements that a browser and a strict XML parser both accept: everything closed,
/// everything escaped.
final class Markup {
  private final StringBuilder out = new StringBuilder(1 << 14);
  private final Deque<String> open = new ArrayDeque<>();

  /// Opens an element; `attributes` are names and values in turn.
  Markup open(String tag, String... attributes) {
    start(tag, attributes).append('>');
    open.push(tag);
    return this;
  }

  /// Closes the element opened last, which must be a `tag`.
  Markup close(String tag) {
    String last = open.pop();
    if (!last.equals(tag)) {
      throw new IllegalStateException("closing " + tag + " while " + last + " is open");
    }
    out.append("</").append(tag).append('>');
    return this;
  }

  /// An element without content.
  Markup empty(String tag, String... attributes) {
    start(tag, attributes).append("/>");
    return this;
  }

  /// An element that holds only text.
  Markup element(String tag, String text, String... attributes) {
    return open(tag, attributes).text(text).close(tag);
  }

  /// Text, escaped.
  Markup text(String text) {
    out.append(escape(text));
    return this;
  }

  /// Markup that is known to be well-formed.
  Markup raw(String markup) {
    out.append(markup);
    return this;
  }

  /// What was written; every element must be closed.
  String finish() {
    if (!open.isEmpty()) {
      throw new IllegalStateException(open + " left open");
    }
    return out.toString();
  }

  private StringBuilder start(String tag, String... attributes) {
    out.append('<').append(tag);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      out.append(escape(attributes[i + 1])).append('"');
    }
    return out;
  }

  /// `text` with markup characters escaped. Control characters, which no document may hold, become
  /// their pictures (␀); halves of surrogate pairs and non-characters become the replacement
  /// character.
  static String escape(String text) {
    StringBuilder safe = new StringBuilder(text.length() + 16);
    text.codePoints().forEach(c -> append(safe, c));
    return safe.toString();
  }

  private static void append(StringBuilder safe, int c) {
    switch (c) {
      case '&' -> safe.append("&amp;");
      case '<' -> safe.append("&lt;");
      case '>' -> safe.append("&gt;");
      case '"' -> safe.append("&quot;");
      case '\'' -> safe.append("&#39;");
      case '\n', '\t' -> safe.append((char) c);
      default -> {
        if (c < 0x20) {
          safe.append((char) (0x2400 + c));
        } else if (c == 0x7f) {
          safe.append('\u2421');
        } else if ((c >= 0x80 && c < 0xa0)
            || (c >= 0xd800 && c < 0xe000)
            || (c & 0xfffe) == 0xfffe) {
          safe.append('\ufffd');
        } else {
          safe.appendCodePoint(c);
        }
      }
    }
  }
}
