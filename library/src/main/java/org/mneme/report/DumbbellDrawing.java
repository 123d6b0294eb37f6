package org.mneme.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/// Draws a [DumbbellChart].
final class DumbbellDrawing {
  private static final double REFERENCE_ROW = 16;

  private DumbbellDrawing() {}

  /// The chart as an SVG element.
  static String draw(DumbbellChart chart, Canvas canvas, String style) {
    List<String> names = chart.rows().stream().map(DumbbellChart.Row::label).toList();
    List<Reference> references =
        chart.references().stream().filter(r -> Double.isFinite(r.value())).toList();
    double top = 26 + references.size() * REFERENCE_ROW;
    RowFrame frame = new RowFrame(canvas, names, top, 42);
    double[] range = Scale.range(Axis.of("", chart.unit()), values(chart));
    // Values are written outside their dots: leave them room at both ends.
    Scale x = new Scale(range[0], range[1], false, frame.left + 58, frame.right - 58);
    frame.draw(x, chart.unit(), chart.rows().stream().map(DumbbellChart.Row::tone).toList(), true);
    legend(chart, canvas);
    references(references, x, frame);
    for (int i = 0; i < chart.rows().size(); i++) {
      row(chart, i, x, frame);
    }
    return canvas.svg(frame.height(), chart.title(), ChartText.describe(chart), style);
  }

  /// The mean of the finite values, NaN when there are none.
  static double mean(double[] values) {
    return Arrays.stream(values).filter(Double::isFinite).average().orElse(Double.NaN);
  }

  private static double[] values(DumbbellChart chart) {
    List<double[]> all = new ArrayList<>();
    chart.rows().forEach(row -> all.add(row.from()));
    chart.rows().forEach(row -> all.add(row.to()));
    return DoubleStream.concat(
            all.stream().flatMapToDouble(Arrays::stream),
            chart.references().stream().mapToDouble(Reference::value))
        .toArray();
  }

  private static void legend(DumbbellChart chart, Canvas canvas) {
    double second = 14 + TextWidth.pixels(chart.from(), Canvas.LETTERS) + 22;
    canvas.circle("ring tone-grey", 6, 8, 4.5);
    canvas.text("heading", 15, 12, "start", chart.from());
    canvas.circle("dot tone-grey", second + 6, 8, 5);
    canvas.text("heading", second + 15, 12, "start", chart.to());
  }

  private static void references(List<Reference> references, Scale x, RowFrame frame) {
    for (int i = 0; i < references.size(); i++) {
      Reference reference = references.get(i);
      double at = x.at(reference.value());
      double baseline = 26 + i * REFERENCE_ROW + 10;
      boolean onLeft = at > (frame.left + frame.right) / 2;
      String css = reference.tone().css();
      frame.canvas.line("line dashed " + css, at, baseline - 8, at, frame.bottom);
      frame.canvas.text(
          "name " + css,
          at + (onLeft ? -6 : 6),
          baseline,
          onLeft ? "end" : "start",
          reference.label());
    }
  }

  private static void row(DumbbellChart chart, int index, Scale x, RowFrame frame) {
    DumbbellChart.Row row = chart.rows().get(index);
    Canvas canvas = frame.canvas;
    double y = frame.middle(index);
    String tone = row.tone().css();
    double from = mean(row.from());
    double to = mean(row.to());
    if (Double.isFinite(from) && Double.isFinite(to)) {
      canvas.line("bar " + tone, x.at(from), y, x.at(to), y);
    }
    seeds(row.from(), x, y, canvas, tone);
    seeds(row.to(), x, y, canvas, tone);
    boolean fromFirst = !(from > to);
    if (Double.isFinite(from)) {
      canvas.circle("ring " + tone, x.at(from), y, 5.5);
      value(canvas, x.at(outermost(row.from(), fromFirst)), y, fromFirst, chart.unit(), from);
    }
    if (Double.isFinite(to)) {
      canvas.circle("dot " + tone, x.at(to), y, 6.5);
      value(canvas, x.at(outermost(row.to(), !fromFirst)), y, !fromFirst, chart.unit(), to);
    }
  }

  /// The least (or largest) of the values, which the label must not cover.
  private static double outermost(double[] values, boolean least) {
    DoubleStream finite = Arrays.stream(values).filter(Double::isFinite);
    return (least ? finite.min() : finite.max()).orElse(Double.NaN);
  }

  private static void seeds(double[] values, Scale x, double y, Canvas canvas, String tone) {
    for (double value : values) {
      if (values.length > 1 && Double.isFinite(value)) {
        canvas.line("seed " + tone, x.at(value), y - 11, x.at(value), y + 11);
      }
    }
  }

  private static void value(
      Canvas canvas, double x, double y, boolean left, Unit unit, double value) {
    String text = Numbers.withUnit(unit, value);
    canvas.text("value", x + (left ? -12 : 12), y + 4.5, left ? "end" : "start", text);
  }
}
