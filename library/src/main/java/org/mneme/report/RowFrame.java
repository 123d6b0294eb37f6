package org.mneme.report;

import java.util.List;

/// The frame of charts with one named row a thing: names to the left (above their row where it is
/// narrow), a numeric axis below.
final class RowFrame {
  private static final double BOTTOM = 22;

  final Canvas canvas;
  final double left;
  final double right;
  final double top;
  final double rowHeight;
  final double bottom;
  private final List<String> names;

  /// Room for `names` under a head of `top` pixels, in rows of `rowHeight`.
  RowFrame(Canvas canvas, List<String> names, double top, double rowHeight) {
    this.canvas = canvas;
    this.names = names;
    this.top = top;
    double widest =
        names.stream().mapToDouble(t -> TextWidth.pixels(t, Canvas.LETTERS + 1)).max().orElse(0);
    left = canvas.narrow() ? 4 : Math.min(widest, canvas.width() * 0.32) + 18;
    right = canvas.width() - 14;
    this.rowHeight = canvas.narrow() ? rowHeight + 16 : rowHeight;
    bottom = top + Math.max(1, names.size()) * this.rowHeight;
  }

  /// The middle of a row's marks.
  double middle(int row) {
    return top + row * rowHeight + (canvas.narrow() ? rowHeight / 2 + 8 : rowHeight / 2);
  }

  /// Vertical grid, tick labels and the rows' names, in their `tones` when they stand for the
  /// colours of the marks.
  void draw(Scale x, Unit unit, List<Tone> tones, boolean toned) {
    if (names.isEmpty()) {
      canvas.text("empty", (left + right) / 2, (top + bottom) / 2 + 4, "middle", "no data");
      return;
    }
    String css = toned ? "row name " : "row ";
    Ticks ticks =
        Ticks.over(x.min(), x.max(), unit, false, Math.max(2, (int) ((x.end() - x.start()) / 60)));
    for (int i = 0; i < ticks.values().length; i++) {
      double at = x.at(ticks.values()[i]);
      canvas.line("grid", at, top, at, bottom);
      String sign = unit.symbol().isEmpty() ? "" : Numbers.THIN + unit.symbol();
      canvas.text("tick", at, bottom + 17, "middle", ticks.labels()[i] + sign);
    }
    canvas.line("axis", left, bottom, toned ? right : x.end(), bottom);
    for (int row = 0; row < names.size(); row++) {
      double baseline = canvas.narrow() ? top + row * rowHeight + 17 : middle(row) + 4.5;
      double room = canvas.narrow() ? canvas.width() : left - 12;
      String text = TextWidth.fit(names.get(row), Canvas.LETTERS + 1, room);
      canvas.text(css + tones.get(row).css(), 0, baseline, "start", text);
    }
  }

  double height() {
    return bottom + BOTTOM;
  }
}
