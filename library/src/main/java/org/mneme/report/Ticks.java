package org.mneme.report;

import java.util.ArrayList;
import java.util.List;

/// Round numbers along an axis, and how to write them.
record Ticks(double[] values, String[] labels) {

  /// Ticks over `min` to `max`, about `wanted` of them; `values` come back in the unit of the axis,
  /// labels in that of the reader (percent).
  static Ticks over(double min, double max, Unit unit, boolean logarithmic, int wanted) {
    double factor = unit.factor();
    double[] shown =
        logarithmic
            ? powers(min * factor, max * factor, wanted)
            : steps(min * factor, max * factor, wanted, unit == Unit.COUNT || unit == Unit.LARGE);
    double[] values = new double[shown.length];
    for (int i = 0; i < shown.length; i++) {
      values[i] = shown[i] / factor;
    }
    return new Ticks(values, logarithmic ? each(shown) : alike(shown));
  }

  /// The least of 1, 2 and 5 times a power of ten that is not below `rough`.
  static double roundStep(double rough) {
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    for (double digit : new double[] {1, 2, 5}) {
      if (rough <= digit * power * 1.0000001) {
        return digit * power;
      }
    }
    return 10 * power;
  }

  private static double[] steps(double min, double max, int wanted, boolean whole) {
    double step = roundStep((max - min) / Math.max(1, wanted));
    step = whole ? Math.max(1, step) : step;
    List<Double> ticks = new ArrayList<>();
    double first = Math.ceil(min / step - 1e-9);
    for (int i = 0; (first + i) * step <= max + step * 1e-9 && i < 100; i++) {
      double tick = (first + i) * step;
      ticks.add(tick == 0 ? 0 : tick);
    }
    return array(ticks);
  }

  private static double[] powers(double min, double max, int wanted) {
    int from = (int) Math.ceil(Math.log10(min) - 1e-9);
    int to = (int) Math.floor(Math.log10(max) + 1e-9);
    int decades = to - from + 1;
    List<Double> ticks = new ArrayList<>();
    if (decades >= 2) {
      int every = Math.max(1, (int) Math.ceil(decades / (double) Math.max(1, wanted)));
      for (int e = from; e <= to; e++) {
        if (Math.floorMod(to - e, every) == 0) {
          ticks.add(Math.pow(10, e));
        }
      }
      return array(ticks);
    }
    for (int e = from - 1; e <= to; e++) {
      for (double digit : new double[] {1, 2, 5}) {
        double tick = digit * Math.pow(10, e);
        if (tick >= min * (1 - 1e-9) && tick <= max * (1 + 1e-9)) {
          ticks.add(tick);
        }
      }
    }
    return ticks.size() >= 2 ? array(ticks) : steps(min, max, wanted, false);
  }

  /// Labels with one prefix and as many decimals as tell neighbours apart.
  private static String[] alike(double[] ticks) {
    double largest = 0;
    for (double tick : ticks) {
      largest = Math.max(largest, Math.abs(tick));
    }
    double step = ticks.length > 1 ? ticks[1] - ticks[0] : largest;
    int prefix = largest >= 100_000 ? Numbers.prefix(largest) : 0;
    // Far from zero, a prefix would only hide that the digits that differ are the last.
    prefix = decimalsOf(step / Math.pow(1000, prefix)) > 2 ? 0 : prefix;
    double scale = Math.pow(1000, prefix);
    int decimals = decimalsOf(step / scale);
    String[] labels = new String[ticks.length];
    for (int i = 0; i < ticks.length; i++) {
      String letter = ticks[i] == 0 ? "" : Numbers.prefixLetter(prefix);
      labels[i] = decimals > 6 ? small(ticks[i]) : write(ticks[i] / scale, decimals) + letter;
    }
    return labels;
  }

  private static String[] each(double[] ticks) {
    String[] labels = new String[ticks.length];
    for (int i = 0; i < ticks.length; i++) {
      labels[i] = alike(new double[] {ticks[i]})[0];
    }
    return labels;
  }

  private static String write(double tick, int decimals) {
    return tick == 0 ? "0" : Numbers.fixed(tick, decimals);
  }

  private static String small(double tick) {
    if (tick == 0) {
      return "0";
    }
    int exponent = (int) Math.floor(Math.log10(Math.abs(tick)) + 1e-9);
    double mantissa = Math.rint(tick / Math.pow(10, exponent) * 100) / 100;
    return Numbers.fixed(mantissa, Math.min(2, decimalsOf(mantissa))) + "e" + exponent;
  }

  private static int decimalsOf(double value) {
    for (int decimals = 0; decimals <= 6; decimals++) {
      double scaled = value * Math.pow(10, decimals);
      if (Math.abs(scaled - Math.rint(scaled)) <= 1e-6 * Math.abs(scaled)) {
        return decimals;
      }
    }
    return 7;
  }

  private static double[] array(List<Double> list) {
    return list.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
