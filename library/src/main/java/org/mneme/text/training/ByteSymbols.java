package org.mneme.text.training;

/// The characters that stand for bytes in byte-level vocabularies: a byte that is a visible
/// character of Latin-1 is that character, the others are those from U+0100 on (Radford et al.
/// 2019, as released).
final class ByteSymbols {
  private static final String[] SYMBOLS = new String[256];

  static {
    int next = 256;
    for (int value = 0; value < 256; value++) {
      boolean visible =
          (value >= '!' && value <= '~')
              || (value >= 0xA1 && value <= 0xAC)
              || (value >= 0xAE && value <= 0xFF);
      SYMBOLS[value] = Character.toString(visible ? value : next++);
    }
  }

  private ByteSymbols() {}

  /// The symbol of a byte, 0 to 255.
  static String symbol(int value) {
    return SYMBOLS[value];
  }
}
