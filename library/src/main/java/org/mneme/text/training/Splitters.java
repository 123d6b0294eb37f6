package org.mneme.text.training;

import java.text.Normalizer;
import java.util.Locale;
import org.mneme.text.training.WordCounts.Splitter;
import org.mneme.text.training.WordCounts.Words;

/// How the kinds of tokenizers part text into words, within which alone tokens are made: what
/// Hugging Face's library does under the same settings.
final class Splitters {
  private Splitters() {}

  static Splitter of(TokenizerKind kind, boolean lowercase) {
    return switch (kind) {
      case BYTELEVEL -> Splitters::gpt2;
      case WORDPIECE -> (text, words) -> bert(text, lowercase, words);
      case WORDS -> (text, words) -> blanks(lowered(text, lowercase), words);
      case CHARACTERS -> (text, words) -> characters(lowered(text, lowercase), words);
      case BYTES -> (text, words) -> {};
    };
  }

  private static String lowered(String text, boolean lowercase) {
    return lowercase ? text.toLowerCase(Locale.ROOT) : text;
  }

  /// What stands between blanks.
  private static void blanks(String text, Words words) {
    int from = 0;
    while (from < text.length()) {
      int to = from;
      while (to < text.length() && !isBlank(text.codePointAt(to))) {
        to += Character.charCount(text.codePointAt(to));
      }
      if (to > from) {
        words.word(text, from, to);
      }
      from = to + 1; // all blanks are one char
    }
  }

  private static void characters(String text, Words words) {
    for (int from = 0; from < text.length(); ) {
      int to = from + Character.charCount(text.codePointAt(from));
      words.word(text, from, to);
      from = to;
    }
  }

  /// The pattern of GPT-2: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|
  /// \s+`.
  private static void gpt2(String text, Words words) {
    int length = text.length();
    int from = 0;
    while (from < length) {
      int to = from + contraction(text, from);
      if (to == from) {
        int start = text.charAt(from) == ' ' && from + 1 < length ? from + 1 : from;
        Group group = Group.of(text.codePointAt(start));
        to = group == Group.BLANK ? blanksEnd(text, from) : end(text, start, group);
      }
      words.word(text, from, to);
      from = to;
    }
  }

  /// What a character counts as.
  private enum Group {
    LETTER,
    NUMBER,
    BLANK,
    OTHER;

    static Group of(int character) {
      if (character < 128) {
        return ASCII[character];
      }
      return slow(character);
    }

    private static Group slow(int character) {
      if (Character.isLetter(character)) {
        return LETTER;
      }
      return switch (Character.getType(character)) {
        case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
            NUMBER;
        default -> isBlank(character) ? BLANK : OTHER;
      };
    }

    private static final Group[] ASCII = new Group[128];

    static {
      for (int i = 0; i < ASCII.length; i++) {
        ASCII[i] = slow(i);
      }
    }
  }

  private static int contraction(String text, int from) {
    if (text.charAt(from) != '\'' || from + 1 >= text.length()) {
      return 0;
    }
    return switch (text.charAt(from + 1)) {
      case 's', 't', 'm', 'd' -> 2;
      case 'r', 'v' -> from + 2 < text.length() && text.charAt(from + 2) == 'e' ? 3 : 0;
      case 'l' -> from + 2 < text.length() && text.charAt(from + 2) == 'l' ? 3 : 0;
      default -> 0;
    };
  }

  private static int end(String text, int from, Group group) {
    int to = from;
    while (to < text.length()) {
      int character = text.codePointAt(to);
      if (Group.of(character) != group) {
        break;
      }
      to += Character.charCount(character);
    }
    return to;
  }

  /// Blanks but the last, which belongs to what follows, if anything does; a blank alone stays.
  private static int blanksEnd(String text, int from) {
    int to = end(text, from, Group.BLANK);
    return to == text.length() || to - from == 1 ? to : to - 1;
  }

  /// Unicode's White_Space.
  private static boolean isBlank(int character) {
    return switch (character) {
      case ' ',
          '\t',
          '\n',
          0x0B,
          '\f',
          '\r',
          0x85,
          0xA0,
          0x1680,
          0x2028,
          0x2029,
          0x202F,
          0x205F,
          0x3000 ->
          true;
      default -> character >= 0x2000 && character <= 0x200A;
    };
  }

  /// BERT's cleaning, accents stripped where it lowers, then words and punctuation marks.
  private static void bert(String text, boolean lowercase, Words words) {
    String clean = cleaned(text, lowercase);
    int from = 0;
    for (int at = 0; at < clean.length(); ) {
      int character = clean.codePointAt(at);
      int next = at + Character.charCount(character);
      boolean alone = isPunctuation(character) || isChinese(character);
      if (alone || isBlank(character)) {
        if (at > from) {
          words.word(clean, from, at);
        }
        if (alone) {
          words.word(clean, at, next);
        }
        from = next;
      }
      at = next;
    }
    if (clean.length() > from) {
      words.word(clean, from, clean.length());
    }
  }

  private static String cleaned(String text, boolean lowercase) {
    StringBuilder clean = new StringBuilder(text.length());
    boolean plain = true;
    for (int at = 0; at < text.length(); ) {
      int character = text.codePointAt(at);
      at += Character.charCount(character);
      plain &= character < 128;
      if (character == '\t' || character == '\n' || character == '\r' || isBlank(character)) {
        clean.append(' ');
      } else if (character != 0 && character != 0xFFFD && !isControl(character)) {
        clean.appendCodePoint(character);
      }
    }
    if (!lowercase) {
      return clean.toString();
    }
    String lower = clean.toString().toLowerCase(Locale.ROOT);
    return plain ? lower : withoutMarks(lower);
  }

  private static String withoutMarks(String text) {
    StringBuilder bare = new StringBuilder(text.length());
    Normalizer.normalize(text, Normalizer.Form.NFD)
        .codePoints()
        .filter(character -> Character.getType(character) != Character.NON_SPACING_MARK)
        .forEach(bare::appendCodePoint);
    return bare.toString();
  }

  private static boolean isControl(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.PRIVATE_USE,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          true;
      default -> false;
    };
  }

  private static boolean isPunctuation(int character) {
    if (character < 128) {
      return character > ' ' && character != 127 && !Character.isLetterOrDigit(character);
    }
    return switch (Character.getType(character)) {
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          true;
      default -> false;
    };
  }

  private static boolean isChinese(int character) {
    return isFrom(character, 0x4E00, 0x9FFF)
        || isFrom(character, 0x3400, 0x4DBF)
        || isFrom(character, 0x20000, 0x2A6DF)
        || isFrom(character, 0x2A700, 0x2B73F)
        || isFrom(character, 0x2B740, 0x2B81F)
        || isFrom(character, 0x2B920, 0x2CEAF)
        || isFrom(character, 0xF900, 0xFAFF)
        || isFrom(character, 0x2F800, 0x2FA1F);
  }

  private static boolean isFrom(int character, int first, int last) {
    return character >= first && character <= last;
  }
}
