package org.mneme.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Charts for those who do not see them: a sentence, and the numbers as a table.
final class ChartText {
  /// Rows of the table of a line chart.
  private static final int ROWS = 11;

  private ChartText() {}

  /// The chart as an SVG element.
  static String draw(Chart chart, Canvas canvas, String style) {
    return switch (chart) {
      case LineChart lines -> LineDrawing.draw(lines, canvas, style);
      case DumbbellChart dumbbells -> DumbbellDrawing.draw(dumbbells, canvas, style);
      case BarChart bars -> BarDrawing.draw(bars, canvas, style);
    };
  }

  /// What the chart shows, in words.
  static String describe(Chart chart) {
    return switch (chart) {
      case LineChart lines -> describe(lines);
      case DumbbellChart dumbbells -> describe(dumbbells);
      case BarChart bars -> describe(bars);
    };
  }

  /// The numbers of the chart.
  static Table table(Chart chart) {
    return switch (chart) {
      case LineChart lines -> table(lines);
      case DumbbellChart dumbbells -> table(dumbbells);
      case BarChart bars -> table(bars);
    };
  }

  private static String describe(LineChart chart) {
    StringBuilder text = new StringBuilder();
    text.append("Lines of ").append(chart.y().label()).append(" over ").append(chart.x().label());
    text.append('.');
    for (Series series : named(chart)) {
      int first = firstFinite(series, 1);
      int last = firstFinite(series, -1);
      text.append(' ').append(series.label());
      if (first < 0) {
        text.append(": no data.");
      } else {
        Unit unit = chart.y().unit();
        text.append(" goes from ").append(Numbers.withUnit(unit, series.y()[first]));
        text.append(" to ").append(Numbers.withUnit(unit, series.y()[last])).append('.');
      }
    }
    for (Reference reference : chart.references()) {
      text.append(' ').append(reference.label()).append(": ");
      text.append(Numbers.withUnit(chart.y().unit(), reference.value())).append('.');
    }
    return text.toString();
  }

  private static String describe(DumbbellChart chart) {
    StringBuilder text = new StringBuilder();
    text.append(chart.from()).append(" and ").append(chart.to()).append(" of each.");
    for (DumbbellChart.Row row : chart.rows()) {
      text.append(' ').append(row.label()).append(": ");
      text.append(Numbers.withUnit(chart.unit(), DumbbellDrawing.mean(row.from()))).append(" and ");
      text.append(Numbers.withUnit(chart.unit(), DumbbellDrawing.mean(row.to()))).append('.');
    }
    return text.toString();
  }

  private static String describe(BarChart chart) {
    StringBuilder text = new StringBuilder("Bars.");
    for (BarChart.Bar bar : chart.bars()) {
      text.append(' ').append(bar.label()).append(": ");
      text.append(BarDrawing.text(chart.unit(), bar)).append('.');
    }
    return text.toString();
  }

  private static List<Series> named(LineChart chart) {
    return chart.series().stream().filter(s -> !s.label().isEmpty()).toList();
  }

  private static int firstFinite(Series series, int direction) {
    int n = series.y().length;
    for (int k = 0; k < n; k++) {
      int i = direction > 0 ? k : n - 1 - k;
      if (Double.isFinite(series.y()[i])) {
        return i;
      }
    }
    return -1;
  }

  private static Table table(LineChart chart) {
    List<Series> series = named(chart);
    double[] all = series.stream().flatMapToDouble(s -> Arrays.stream(s.x())).toArray();
    double[] range = Scale.range(chart.x(), all);
    Scale grid = new Scale(range[0], range[1], chart.x().logarithmic(), 0, ROWS - 1);
    double[] places = places(grid, all.length == 0 ? 0 : ROWS, chart.x().unit());
    List<Table.Column> columns = new ArrayList<>();
    List<String[]> texts = new ArrayList<>();
    add(columns, texts, chart.x().label(), chart.x().unit(), places);
    for (Series one : series) {
      double[] values = new double[places.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = nearest(one, places[i], grid);
      }
      add(columns, texts, one.label(), chart.y().unit(), values);
    }
    return new Table("", columns, rows(texts, places.length));
  }

  private static double[] places(Scale grid, int count, Unit unit) {
    double[] places = new double[count];
    for (int i = 0; i < count; i++) {
      double share = i / (ROWS - 1.0);
      double place =
          grid.logarithmic()
              ? Math.exp(
                  Math.log(grid.min()) + share * (Math.log(grid.max()) - Math.log(grid.min())))
              : grid.min() + share * (grid.max() - grid.min());
      places[i] = unit == Unit.COUNT ? Math.rint(place) : place;
    }
    return places;
  }

  /// The value measured next to `place`, NaN when the next is further than half a row away.
  private static double nearest(Series series, double place, Scale grid) {
    double best = 0.5;
    double value = Double.NaN;
    for (int i = 0; i < series.x().length; i++) {
      double distance = Math.abs(grid.at(series.x()[i]) - grid.at(place));
      if (distance <= best && Double.isFinite(series.y()[i])) {
        best = distance;
        value = series.y()[i];
      }
    }
    return value;
  }

  private static Table table(DumbbellChart chart) {
    List<Table.Column> columns = new ArrayList<>();
    List<String[]> texts = new ArrayList<>();
    columns.add(Table.Column.text(""));
    texts.add(chart.rows().stream().map(DumbbellChart.Row::label).toArray(String[]::new));
    double[] from =
        chart.rows().stream().mapToDouble(r -> DumbbellDrawing.mean(r.from())).toArray();
    double[] to = chart.rows().stream().mapToDouble(r -> DumbbellDrawing.mean(r.to())).toArray();
    add(columns, texts, chart.from(), chart.unit(), from);
    add(columns, texts, chart.to(), chart.unit(), to);
    return new Table("", columns, rows(texts, from.length));
  }

  private static Table table(BarChart chart) {
    List<Table.Column> columns = new ArrayList<>();
    List<String[]> texts = new ArrayList<>();
    columns.add(Table.Column.text(""));
    texts.add(chart.bars().stream().map(BarChart.Bar::label).toArray(String[]::new));
    double[] values = chart.bars().stream().mapToDouble(BarChart.Bar::value).toArray();
    double[] ceilings = chart.bars().stream().mapToDouble(BarChart.Bar::ceiling).toArray();
    add(columns, texts, "value", chart.unit(), values);
    add(columns, texts, "ceiling", chart.unit(), ceilings);
    return new Table("", columns, rows(texts, values.length));
  }

  private static void add(
      List<Table.Column> columns, List<String[]> texts, String name, Unit unit, double[] values) {
    Numbers.Written written = Numbers.column(unit, values);
    columns.add(Table.Column.number(name, written.unit()));
    texts.add(written.texts());
  }

  private static List<List<Cell>> rows(List<String[]> texts, int count) {
    List<List<Cell>> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int row = i;
      rows.add(texts.stream().map(column -> Cell.of(column[row])).toList());
    }
    return rows;
  }
}
