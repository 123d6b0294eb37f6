package org.mneme.report;

import java.math.RoundingMode;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Arrays;
import java.util.Locale;

/// Numbers for people: thousands separated, prefixes for large ones, as many digits as say
/// something.
final class Numbers {
  private static final String[] PREFIXES = {"", "k", "M", "G", "T", "P"};

  /// Between a number and its unit: narrow, and no place to break the line.
  static final String THIN = "\u202f";

  private Numbers() {}

  /// Numbers of one column, written alike.
  ///
  /// @param unit for the heading, with its prefix
  /// @param texts one a value, a dash for what is not finite
  /// @param rounded the numbers that the texts show, counted in their last digit; NaN for what is
  ///   not finite
  /// @param factor what a value was multiplied by
  record Written(String unit, String[] texts, double[] rounded, double factor, int decimals) {
    /// One more value in the manner of this column.
    String also(double value) {
      return fixed(value * factor, decimals);
    }
  }

  /// Writes `values` with one prefix and one number of decimals.
  static Written column(Unit unit, double[] values) {
    double largest =
        Arrays.stream(values).filter(Double::isFinite).map(Math::abs).max().orElse(0)
            * unit.factor();
    int prefix = unit.prefixed() ? prefix(largest) : 0;
    double factor = unit.factor() / Math.pow(1000, prefix);
    int decimals = decimals(unit, largest / Math.pow(1000, prefix), prefix);
    double unitInLastPlace = Math.pow(10, -decimals);
    String[] texts = new String[values.length];
    double[] rounded = new double[values.length];
    for (int i = 0; i < texts.length; i++) {
      boolean finite = Double.isFinite(values[i]);
      texts[i] = finite ? fixed(values[i] * factor, decimals) : Cell.NOTHING;
      rounded[i] = finite ? Math.rint(values[i] * factor / unitInLastPlace) : Double.NaN;
    }
    return new Written(PREFIXES[prefix] + unit.symbol(), texts, rounded, factor, decimals);
  }

  /// One number with its unit: `61.0 %`, `22.7 M`, `1,024`; a dash for what is not finite.
  static String withUnit(Unit unit, double value) {
    Written one = column(unit, new double[] {value});
    return one.unit().isEmpty() || !Double.isFinite(value)
        ? one.texts()[0]
        : one.texts()[0] + THIN + one.unit();
  }

  /// A number with exactly `decimals` digits after the point and its thousands separated.
  static String fixed(double value, int decimals) {
    var format =
        new DecimalFormat(
            decimals == 0 ? "#,##0" : "#,##0." + "0".repeat(decimals),
            DecimalFormatSymbols.getInstance(Locale.ROOT));
    format.setRoundingMode(RoundingMode.HALF_EVEN);
    String text = format.format(value);
    boolean minusZero = text.startsWith("-") && text.chars().noneMatch(c -> c >= '1' && c <= '9');
    return (minusZero ? text.substring(1) : text).replace('-', '\u2212');
  }

  /// The largest power of 1,000 that leaves at least 1 in front of the point.
  static int prefix(double largest) {
    int prefix = 0;
    while (prefix + 1 < PREFIXES.length && largest >= Math.pow(1000, prefix + 1)) {
      prefix++;
    }
    return prefix;
  }

  /// The letter of a power of 1,000.
  static String prefixLetter(int prefix) {
    return PREFIXES[prefix];
  }

  private static int decimals(Unit unit, double largest, int prefix) {
    return switch (unit) {
      case COUNT -> 0;
      case PERCENT -> largest > 0 && largest < 1 ? 2 : 1;
      case PLAIN -> digits(largest, 4, 3);
      case MILLISECONDS, SECONDS, PER_SECOND -> digits(largest, 3, 2);
      case LARGE, BYTES -> prefix == 0 ? 0 : digits(largest, 3, 2);
    };
  }

  /// Decimals that give `significant` digits, at most `most`.
  private static int digits(double largest, int significant, int most) {
    int leading = largest >= 1 ? (int) Math.floor(Math.log10(largest)) + 1 : 1;
    return Math.clamp(significant - leading, 0, most);
  }
}
