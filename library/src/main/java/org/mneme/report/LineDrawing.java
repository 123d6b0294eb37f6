package org.mneme.report;

import java.util.List;
import java.util.stream.DoubleStream;

/// Draws a [LineChart]: horizontal grid, lines and their names.
final class LineDrawing {
  private static final double TOP = 26;
  private static final double BOTTOM = 38;

  /// Height of a chart without data.
  private static final double EMPTY = 90;

  private final LineChart chart;
  private final Canvas canvas;
  private final LineNames names;
  private final Scale x;
  private final Scale y;
  private final Ticks yTicks;

  private LineDrawing(LineChart chart, Canvas canvas) {
    this.chart = chart;
    this.canvas = canvas;
    double height = canvas.narrow() ? 200 : 270;
    names = new LineNames(chart, canvas, height);
    double[] yRange = yRange(chart);
    int rows = (int) (height / 48);
    Axis yAxis = chart.y();
    yTicks = Ticks.over(yRange[0], yRange[1], yAxis.unit(), yAxis.logarithmic(), rows);
    double left = widest(yTicks.labels()) + 10;
    double top = TOP + names.top();
    double right = canvas.width() - names.right();
    double[] xRange = Scale.range(chart.x(), values(chart.series(), true));
    x = new Scale(xRange[0], xRange[1], chart.x().logarithmic(), left, right);
    y = new Scale(yRange[0], yRange[1], yAxis.logarithmic(), top + height, top);
  }

  /// The chart as an SVG element.
  static String draw(LineChart chart, Canvas canvas, String style) {
    if (chart.series().stream().noneMatch(series -> shows(chart, series))) {
      canvas.text("heading", 0, 12, "start", chart.y().heading());
      canvas.line("axis", 0, EMPTY - 1, canvas.width(), EMPTY - 1);
      canvas.text("empty", canvas.width() / 2.0, EMPTY / 2, "middle", "no data");
      return canvas.svg(EMPTY, chart.title(), ChartText.describe(chart), style);
    }
    LineDrawing drawing = new LineDrawing(chart, canvas);
    drawing.axes();
    drawing.lines();
    drawing.names.draw(drawing.x, drawing.y, TOP);
    canvas.data("x", drawing.hover(drawing.x, chart.x()));
    canvas.data("y", drawing.hover(drawing.y, chart.y()));
    return canvas.svg(drawing.y.start() + BOTTOM, chart.title(), ChartText.describe(chart), style);
  }

  /// Whether any point of `series` has a place on the axes.
  private static boolean shows(LineChart chart, Series series) {
    boolean any = false;
    for (int i = 0; i < series.x().length; i++) {
      any |= chart.x().shows(series.x()[i]) && chart.y().shows(series.y()[i]);
    }
    return any;
  }

  private static double[] values(List<Series> series, boolean ofX) {
    return series.stream()
        .flatMapToDouble(one -> DoubleStream.of(ofX ? one.x() : one.y()))
        .toArray();
  }

  /// Faint lines are noise: they shape the axis only when there is nothing else.
  private static double[] yRange(LineChart chart) {
    List<Series> strong =
        chart.series().stream().filter(s -> s.style().stroke() != Series.Stroke.FAINT).toList();
    double[] data =
        DoubleStream.concat(
                DoubleStream.of(values(strong.isEmpty() ? chart.series() : strong, false)),
                chart.references().stream().mapToDouble(Reference::value))
            .toArray();
    double[] range = Scale.range(chart.y(), data);
    if (chart.y().logarithmic()) {
      return range;
    }
    double room = (range[1] - range[0]) * 0.06;
    boolean nearZero = range[0] >= 0 && range[0] < 0.25 * range[1];
    double min = nearZero ? 0 : range[0] - room;
    return new double[] {
      Double.isNaN(chart.y().min()) ? min : range[0],
      Double.isNaN(chart.y().max()) ? range[1] + room : range[1]
    };
  }

  private static double widest(String[] texts) {
    double widest = 0;
    for (String text : texts) {
      widest = Math.max(widest, TextWidth.pixels(text, Canvas.LETTERS));
    }
    return widest;
  }

  private void axes() {
    canvas.text("heading", 0, 12, "start", chart.y().heading());
    for (int i = 0; i < yTicks.values().length; i++) {
      double at = y.at(yTicks.values()[i]);
      canvas.line("grid", x.start(), at, x.end(), at);
      canvas.text("tick", x.start() - 8, at + 4, "end", yTicks.labels()[i]);
    }
    double bottom = y.start();
    canvas.line("axis", x.start(), bottom, x.end(), bottom);
    Axis axis = chart.x();
    int wanted = Math.max(2, (int) ((x.end() - x.start()) / 80));
    Ticks ticks = Ticks.over(x.min(), x.max(), axis.unit(), axis.logarithmic(), wanted);
    double free = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < ticks.values().length; i++) {
      double at = x.at(ticks.values()[i]);
      double half = TextWidth.pixels(ticks.labels()[i], Canvas.LETTERS) / 2;
      canvas.line("axis", at, bottom, at, bottom + 4);
      if (at - half > free) {
        canvas.text("tick", at, bottom + 17, "middle", ticks.labels()[i]);
        free = at + half + 8;
      }
    }
    canvas.text("heading", x.end(), bottom + 33, "end", axis.heading());
  }

  private void lines() {
    String clip = canvas.id + "-clip";
    canvas.body().open("clipPath", "id", clip);
    double width = x.end() - x.start();
    canvas.rectangle("clip", x.start() - 4, y.end() - 4, width + 8, y.start() - y.end() + 8);
    canvas.body().close("clipPath");
    for (Reference reference : chart.references()) {
      double at = y.at(reference.value());
      if (Double.isFinite(at)) {
        canvas.line("line dashed " + reference.tone().css(), x.start(), at, x.end(), at);
      }
    }
    canvas.body().open("g", "clip-path", "url(#" + clip + ")");
    for (Series series : chart.series()) {
      line(series);
    }
    canvas.body().close("g");
  }

  private void line(Series series) {
    Points points = Points.of(series, x, y);
    String tone = series.style().tone().css();
    String css =
        switch (series.style().stroke()) {
          case SOLID, DOTTED -> "line " + tone;
          case DASHED -> "line dashed " + tone;
          case FAINT -> "line faint " + tone;
        };
    if (series.label().isEmpty()) {
      canvas.path(css, points.path());
    } else {
      canvas.path(css, points.path(), "data-label", series.label());
    }
    boolean dotted = series.style().stroke() == Series.Stroke.DOTTED;
    canvas.path("dots " + tone, dotted ? points.dots() : points.lonely());
  }

  /// What the script needs to turn pixels back into numbers: label, unit, both ends in numbers and
  /// pixels, and the scale.
  private String hover(Scale scale, Axis axis) {
    double factor = axis.unit().factor();
    String numbers =
        "|"
            + scale.min() * factor
            + "|"
            + scale.max() * factor
            + "|"
            + scale.start()
            + "|"
            + scale.end();
    String kind =
        (scale.logarithmic() ? "|log" : "|linear") + (axis.unit() == Unit.COUNT ? "|0" : "|");
    return axis.label().replace('|', ' ') + "|" + axis.unit().symbol() + numbers + kind;
  }
}
