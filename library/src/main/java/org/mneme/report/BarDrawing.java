package org.mneme.report;

import java.util.stream.DoubleStream;

/// Draws a [BarChart].
final class BarDrawing {
  private BarDrawing() {}

  /// The chart as an SVG element.
  static String draw(BarChart chart, Canvas canvas, String style) {
    RowFrame frame =
        new RowFrame(canvas, chart.bars().stream().map(BarChart.Bar::label).toList(), 8, 30);
    double[] values =
        chart.bars().stream()
            .flatMapToDouble(b -> DoubleStream.of(0, b.value(), b.ceiling()))
            .toArray();
    double[] range = Scale.range(Axis.of("", chart.unit()), values);
    double step = Ticks.roundStep(range[1] / 4);
    double max = Math.ceil(range[1] / step - 1e-9) * step;
    double widest =
        chart.bars().stream()
            .mapToDouble(bar -> TextWidth.pixels(text(chart.unit(), bar), Canvas.LETTERS))
            .max()
            .orElse(0);
    double right = frame.right - widest - 8;
    Scale x = new Scale(Math.min(0, range[0]), max, false, frame.left, right);
    frame.draw(x, chart.unit(), chart.bars().stream().map(BarChart.Bar::tone).toList(), false);
    for (int i = 0; i < chart.bars().size(); i++) {
      bar(chart, i, x, frame);
    }
    return canvas.svg(frame.height(), chart.title(), ChartText.describe(chart), style);
  }

  /// A value and, where there is one, its ceiling.
  static String text(Unit unit, BarChart.Bar bar) {
    String value = Numbers.withUnit(unit, bar.value());
    return Double.isFinite(bar.ceiling())
        ? value + " of " + Numbers.withUnit(unit, bar.ceiling())
        : value;
  }

  private static void bar(BarChart chart, int index, Scale x, RowFrame frame) {
    BarChart.Bar bar = chart.bars().get(index);
    double y = frame.middle(index);
    if (Double.isFinite(bar.ceiling())) {
      frame.canvas.rectangle("ground", x.at(0), y - 7, x.at(bar.ceiling()) - x.at(0), 14);
    }
    if (Double.isFinite(bar.value())) {
      double from = Math.min(x.at(0), x.at(bar.value()));
      double width = Math.abs(x.at(bar.value()) - x.at(0));
      frame.canvas.rectangle("fill " + bar.tone().css(), from, y - 7, width, 14);
    }
    if (Double.isFinite(bar.ceiling())) {
      frame.canvas.line("ceiling", x.at(bar.ceiling()), y - 10, x.at(bar.ceiling()), y + 10);
    }
    frame.canvas.text("value", frame.right, y + 4.5, "end", text(chart.unit(), bar));
  }
}
