package org.mneme.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/// Draws a [LineChart]: horizontal grid, lines, and their names at their ends (above the plot where
/// there is no room).
final class LineDrawing {
  private static final double LINE_HEIGHT = 16;
  private static final double TOP = 26;
  private static final double BOTTOM = 38;

  private final LineChart chart;
  private final Canvas canvas;
  private final Scale x;
  private final Scale y;
  private final Ticks yTicks;
  private final double left;
  private final double right;
  private final double top;
  private final double bottom;
  private final List<Name> names;
  private final boolean namesAbove;

  /// A name of a line and where the line ends.
  private record Name(String text, Tone tone, Series.Stroke stroke, double x, double y) {}

  private LineDrawing(LineChart chart, Canvas canvas) {
    this.chart = chart;
    this.canvas = canvas;
    double plotHeight = canvas.narrow() ? 200 : 270;
    double[] xRange =
        Scale.range(chart.x(), chart.series().stream().flatMapToDouble(LineDrawing::xs).toArray());
    double[] yRange = yRange(chart);
    yTicks =
        Ticks.over(
            yRange[0],
            yRange[1],
            chart.y().unit(),
            chart.y().logarithmic(),
            (int) (plotHeight / 48));
    left = widest(List.of(yTicks.labels())) + 10;
    List<String> texts = texts(chart);
    double widest = widest(texts);
    boolean tooMany = texts.size() * LINE_HEIGHT > plotHeight;
    namesAbove = tooMany || widest > canvas.width() * 0.34;
    right = canvas.width() - (namesAbove || texts.isEmpty() ? 18 : widest + 16);
    top = TOP + (namesAbove ? new NameRows(canvas.width()).measure(texts) : 0);
    bottom = top + plotHeight;
    x = new Scale(xRange[0], xRange[1], chart.x().logarithmic(), left, right);
    y = new Scale(yRange[0], yRange[1], chart.y().logarithmic(), bottom, top);
    names = names();
  }

  /// The chart as an SVG element.
  static String draw(LineChart chart, Canvas canvas, String style) {
    LineDrawing drawing = new LineDrawing(chart, canvas);
    drawing.axes();
    drawing.lines();
    if (drawing.namesAbove) {
      drawing.namesAbove();
    } else {
      drawing.namesBeside();
    }
    return canvas.svg(drawing.bottom + BOTTOM, chart.title(), ChartText.describe(chart), style);
  }

  private static DoubleStream xs(Series series) {
    return DoubleStream.of(series.x());
  }

  /// Faint lines are noise: they shape the axis only when there is nothing else.
  private static double[] yRange(LineChart chart) {
    List<Series> strong =
        chart.series().stream().filter(s -> s.style().stroke() != Series.Stroke.FAINT).toList();
    List<Series> shaping = strong.isEmpty() ? chart.series() : strong;
    double[] data =
        DoubleStream.concat(
                shaping.stream().flatMapToDouble(s -> DoubleStream.of(s.y())),
                chart.references().stream().mapToDouble(Reference::value))
            .toArray();
    double[] range = Scale.range(chart.y(), data);
    if (chart.y().logarithmic()) {
      return range;
    }
    double room = (range[1] - range[0]) * 0.06;
    boolean nearZero = range[0] >= 0 && range[0] < 0.4 * range[1];
    double min = nearZero ? 0 : range[0] - room;
    return new double[] {
      Double.isNaN(chart.y().min()) ? min : range[0],
      Double.isNaN(chart.y().max()) ? range[1] + room : range[1]
    };
  }

  private static double widest(List<String> texts) {
    return texts.stream().mapToDouble(t -> TextWidth.pixels(t, Canvas.LETTERS)).max().orElse(0);
  }

  private static List<String> texts(LineChart chart) {
    List<String> texts = new ArrayList<>();
    chart.series().stream().map(Series::label).filter(t -> !t.isEmpty()).forEach(texts::add);
    chart.references().stream().map(Reference::label).filter(t -> !t.isEmpty()).forEach(texts::add);
    return texts;
  }

  private List<Name> names() {
    List<Name> all = new ArrayList<>();
    for (Series series : chart.series()) {
      double[] end = Points.last(series, x, y);
      if (!series.label().isEmpty()) {
        all.add(
            new Name(
                series.label(), series.style().tone(), series.style().stroke(), end[0], end[1]));
      }
    }
    for (Reference reference : chart.references()) {
      if (!reference.label().isEmpty()) {
        all.add(
            new Name(
                reference.label(),
                reference.tone(),
                Series.Stroke.DASHED,
                right,
                y.at(reference.value())));
      }
    }
    return all;
  }

  private void axes() {
    canvas.text("heading", 0, 12, "start", chart.y().heading());
    for (int i = 0; i < yTicks.values().length; i++) {
      double at = y.at(yTicks.values()[i]);
      canvas.line("grid", left, at, right, at);
      canvas.text("tick", left - 8, at + 4, "end", yTicks.labels()[i]);
    }
    canvas.line("axis", left, bottom, right, bottom);
    Ticks ticks =
        Ticks.over(
            x.min(),
            x.max(),
            chart.x().unit(),
            chart.x().logarithmic(),
            Math.max(2, (int) ((right - left) / 80)));
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
    canvas.text("heading", right, bottom + 33, "end", chart.x().heading());
  }

  private void lines() {
    String clip = canvas.id + "-clip";
    canvas.body().open("clipPath", "id", clip);
    canvas.rectangle("clip", left - 4, top - 4, right - left + 8, bottom - top + 8);
    canvas.body().close("clipPath");
    boolean any = false;
    for (Reference reference : chart.references()) {
      double at = y.at(reference.value());
      if (Double.isFinite(at)) {
        canvas.line("line dashed " + reference.tone().css(), left, at, right, at);
        any = true;
      }
    }
    canvas.body().open("g", "clip-path", "url(#" + clip + ")");
    for (Series series : chart.series()) {
      any |= line(series);
    }
    canvas.body().close("g");
    if (!any) {
      canvas.text("empty", (left + right) / 2, (top + bottom) / 2, "middle", "no data");
    }
  }

  private boolean line(Series series) {
    Points points = Points.of(series, x, y);
    String tone = series.style().tone().css();
    switch (series.style().stroke()) {
      case SOLID -> canvas.path("line " + tone, points.path());
      case DOTTED -> {
        canvas.path("line " + tone, points.path());
        canvas.path("dots " + tone, points.dots());
      }
      case DASHED -> canvas.path("line dashed " + tone, points.path());
      case FAINT -> canvas.path("line faint " + tone, points.path());
    }
    canvas.path("dots " + tone, points.lonely());
    return !points.isEmpty();
  }

  private void namesBeside() {
    List<Name> shown = names.stream().filter(name -> Double.isFinite(name.y())).toList();
    double[] wanted = shown.stream().mapToDouble(Name::y).toArray();
    double[] places = Labels.spread(wanted, LINE_HEIGHT, top + 2, bottom - 2);
    for (int i = 0; i < shown.size(); i++) {
      Name name = shown.get(i);
      boolean moved = Math.abs(places[i] - name.y()) > 3 || name.x() < right - 6;
      if (moved) {
        canvas.path(
            "leader " + name.tone().css(),
            "M"
                + Canvas.n(Math.min(name.x() + 3, right))
                + " "
                + Canvas.n(name.y())
                + "L"
                + Canvas.n(right + 9)
                + " "
                + Canvas.n(places[i]));
      }
      canvas.text("name " + name.tone().css(), right + 12, places[i] + 4, "start", name.text());
    }
  }

  private void namesAbove() {
    NameRows rows = new NameRows(canvas.width());
    for (Name name : names) {
      double[] at = rows.place(name.text());
      String text = TextWidth.fit(name.text(), Canvas.LETTERS, canvas.width() - NameRows.SAMPLE);
      String stroke =
          switch (name.stroke()) {
            case DASHED -> "line dashed ";
            case FAINT -> "line faint ";
            case SOLID, DOTTED -> "line ";
          };
      double baseline = TOP + at[1];
      canvas.line(stroke + name.tone().css(), at[0], baseline - 4, at[0] + 18, baseline - 4);
      canvas.text("name " + name.tone().css(), at[0] + 23, baseline, "start", text);
    }
  }
}
