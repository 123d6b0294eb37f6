package org.mneme.report;

import java.util.List;
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
    double widest =
        chart.bars().stream()
            .mapToDouble(b -> TextWidth.pixels(text(chart.unit(), b), Canvas.LETTERS))
            .max()
            .orElse(0);
    Scale x =
        new Scale(Math.min(0, range[0]), range[1], false, frame.left, frame.right - widest - 12);
    List<Tone> tones = chart.bars().stream().map(BarChart.Bar::tone).toList();
    frame.draw(x, chart.unit(), chart.unit().symbol(), tones);
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
    double end = x.at(0);
    if (Double.isFinite(bar.ceiling())) {
      frame.canvas.rectangle("ground", x.at(0), y - 7, x.at(bar.ceiling()) - x.at(0), 14);
      end = x.at(bar.ceiling());
    }
    if (Double.isFinite(bar.value())) {
      double from = Math.min(x.at(0), x.at(bar.value()));
      double width = Math.abs(x.at(bar.value()) - x.at(0));
      frame.canvas.rectangle("fill " + bar.tone().css(), from, y - 7, width, 14);
      end = Math.max(end, x.at(bar.value()));
    }
    if (Double.isFinite(bar.ceiling())) {
      frame.canvas.line("ceiling", x.at(bar.ceiling()), y - 10, x.at(bar.ceiling()), y + 10);
    }
    frame.canvas.text("value", end + 8, y + 4.5, "start", text(chart.unit(), bar));
  }
}
