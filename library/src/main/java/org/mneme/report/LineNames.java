package org.mneme.report;

import java.util.ArrayList;
import java.util.List;

/// The names of the lines of a [LineChart] and where to write them: at the lines' ends, or, where
/// there is no room for that, in rows above the plot, or, where all lines meet at their ends, along
/// the lines.
final class LineNames {
  private static final double LINE_HEIGHT = 16;

  /// Pixels within which ends count as met, and apart from which lines can be told apart elsewhere.
  private static final double MET = 5;

  private static final double APART = 24;

  private final List<Name> names;
  private final Canvas canvas;
  private final boolean above;

  /// A name, with the line that it names unless it stands for a reference.
  record Name(String text, Series.Style style, double reference, List<Series> line) {
    String css() {
      return style.tone().css();
    }
  }

  /// Decides on the place; `plotHeight` is what a column of names may take.
  LineNames(LineChart chart, Canvas canvas, double plotHeight) {
    this.canvas = canvas;
    names = new ArrayList<>();
    for (Series series : chart.series()) {
      if (!series.label().isEmpty()) {
        names.add(new Name(series.label(), series.style(), Double.NaN, List.of(series)));
      }
    }
    for (Reference reference : chart.references()) {
      if (!reference.label().isEmpty() && Double.isFinite(reference.value())) {
        var dashed = new Series.Style(reference.tone(), Series.Stroke.DASHED);
        names.add(new Name(reference.label(), dashed, reference.value(), List.of()));
      }
    }
    boolean tooMany = names.size() * LINE_HEIGHT > plotHeight;
    above = tooMany || widest() > canvas.width() * 0.34;
  }

  /// Pixels to leave free at the right of the plot.
  double right() {
    return above || names.isEmpty() ? 18 : widest() + 16;
  }

  /// Pixels to leave free above the plot.
  double top() {
    return above ? new NameRows(canvas.width()).measure(texts()) : 0;
  }

  /// Writes the names; `top` is where the rows above the plot begin.
  void draw(Scale x, Scale y, double top) {
    if (above) {
      drawAbove(top);
    } else if (!meet(x, y) || !drawInside(x, y)) {
      drawBeside(x, y);
    }
  }

  private List<String> texts() {
    return names.stream().map(Name::text).toList();
  }

  private double widest() {
    return names.stream()
        .mapToDouble(name -> TextWidth.pixels(name.text(), Canvas.LETTERS))
        .max()
        .orElse(0);
  }

  private void drawAbove(double top) {
    NameRows rows = new NameRows(canvas.width());
    for (Name name : names) {
      double[] at = rows.place(name.text());
      String text = TextWidth.fit(name.text(), Canvas.LETTERS, canvas.width() - NameRows.SAMPLE);
      String stroke =
          switch (name.style().stroke()) {
            case DASHED -> "line dashed ";
            case FAINT -> "line faint ";
            case SOLID, DOTTED -> "line ";
          };
      double baseline = top + at[1];
      canvas.line(stroke + name.css(), at[0], baseline - 4, at[0] + 18, baseline - 4);
      canvas.text("name " + name.css(), at[0] + 23, baseline, "start", text);
    }
  }

  private void drawBeside(Scale x, Scale y) {
    List<Name> shown = new ArrayList<>();
    List<double[]> ends = new ArrayList<>();
    for (Name name : names) {
      double[] end = end(name, x, y);
      if (isFreeBehind(name, end, x, y)) {
        canvas.text("name " + name.css(), end[0] + 8, end[1] + 4, "start", name.text());
      } else if (Double.isFinite(end[1])) {
        shown.add(name);
        ends.add(end);
      }
    }
    double[] wanted = ends.stream().mapToDouble(end -> end[1]).toArray();
    double[] places = Labels.spread(wanted, LINE_HEIGHT, y.end() + 2, y.start() - 2);
    double right = x.end();
    for (int i = 0; i < places.length; i++) {
      String css = shown.get(i).css();
      double[] end = ends.get(i);
      if (Math.abs(places[i] - end[1]) > 3 || end[0] < right - 6) {
        String from = Canvas.n(Math.min(end[0] + 3, right)) + " " + Canvas.n(end[1]);
        canvas.path(
            "leader " + css, "M" + from + "L" + Canvas.n(right + 9) + " " + Canvas.n(places[i]));
      }
      canvas.text("name " + css, right + 12, places[i] + 4, "start", shown.get(i).text());
    }
  }

  /// Whether a line ends early enough that its name has room behind the end.
  private boolean isFreeBehind(Name name, double[] end, Scale x, Scale y) {
    double to = end[0] + TextWidth.pixels(name.text(), Canvas.LETTERS) + 16;
    if (name.line().isEmpty() || !Double.isFinite(end[1]) || to > x.end()) {
      return false;
    }
    for (Name other : names) {
      boolean crosses =
          other.line().isEmpty()
              ? Math.abs(y.at(other.reference()) - end[1]) < LINE_HEIGHT
              : !other.equals(name) && crosses(Trace.of(other.line().getFirst(), x, y), end, to);
      if (crosses) {
        return false;
      }
    }
    return true;
  }

  private static boolean crosses(Trace line, double[] end, double to) {
    for (double at = end[0]; at <= to; at += 4) {
      if (Math.abs(line.at(at) - end[1]) < LINE_HEIGHT) {
        return true;
      }
    }
    return false;
  }

  private static double[] end(Name name, Scale x, Scale y) {
    return name.line().isEmpty()
        ? new double[] {x.end(), y.at(name.reference())}
        : Points.last(name.line().getFirst(), x, y);
  }

  /// Whether two lines that differ elsewhere end at one point, so that names there would not tell
  /// which is which.
  private boolean meet(Scale x, Scale y) {
    List<Trace> traces = traces(x, y);
    for (int a = 0; a < traces.size(); a++) {
      for (int b = 0; b < a; b++) {
        double atEnd = Math.abs(traces.get(a).at(x.end()) - traces.get(b).at(x.end()));
        if (atEnd < MET && traces.get(a).distance(traces.get(b)) > APART) {
          return true;
        }
      }
    }
    return false;
  }

  private List<Trace> traces(Scale x, Scale y) {
    return names.stream()
        .filter(name -> !name.line().isEmpty())
        .map(name -> Trace.of(name.line().getFirst(), x, y))
        .toList();
  }

  private boolean drawInside(Scale x, Scale y) {
    if (names.stream().anyMatch(name -> name.line().isEmpty())) {
      return false;
    }
    List<InsideNames.Place> places = new InsideNames(x, y, traces(x, y)).places(texts());
    for (int i = 0; i < places.size(); i++) {
      InsideNames.Place place = places.get(i);
      Name name = names.get(i);
      canvas.text("name " + name.css(), place.x(), place.y(), place.anchor(), name.text());
    }
    return !places.isEmpty();
  }
}
