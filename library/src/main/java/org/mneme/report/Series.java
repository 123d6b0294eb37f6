package org.mneme.report;

/// A line of a [LineChart]. Points that are not finite (or not positive on a logarithmic axis)
/// leave a gap.
///
/// @param label written at the end of the line; empty: no label
/// @param x ascending
/// @param y as long as `x`
public record Series(String label, double[] x, double[] y, Style style) {
  public Series {
    if (x.length != y.length) {
      throw new IllegalArgumentException(
          "series '%s' has %d x and %d y; give one y for each x"
              .formatted(label, x.length, y.length));
    }
    x = x.clone();
    y = y.clone();
  }

  /// How a line is drawn.
  public enum Stroke {
    /// A plain line.
    SOLID,
    /// A line with a dot at each point, for a few measurements.
    DOTTED,
    /// A dashed line, for what is expected rather than measured.
    DASHED,
    /// A pale line behind the others, for noise; it does not stretch the axes.
    FAINT
  }

  /// Colour and stroke.
  public record Style(Tone tone, Stroke stroke) {
    /// A plain line of this colour.
    public static Style solid(Tone tone) {
      return new Style(tone, Stroke.SOLID);
    }
  }
}
