package org.mneme.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Turns [Results] into a [Table]: one row each, one column a measure that any of them has.
final class ResultTable {
  private ResultTable() {}

  /// The table; the best of a column is marked where there is a best and not all are alike.
  static Table of(String heading, List<Results> results) {
    Set<Measure> measures = new LinkedHashSet<>();
    results.forEach(result -> measures.addAll(result.values().keySet()));
    List<Table.Column> columns = new ArrayList<>();
    List<List<Cell>> rows = new ArrayList<>();
    columns.add(Table.Column.text(heading));
    results.forEach(result -> rows.add(new ArrayList<>(List.of(name(result)))));
    for (Measure measure : measures) {
      double[] means = results.stream().mapToDouble(result -> result.mean(measure)).toArray();
      Numbers.Written written = Numbers.column(measure.unit(), means);
      columns.add(Table.Column.number(measure.name(), written.unit()));
      double best = best(measure, written.rounded());
      for (int i = 0; i < means.length; i++) {
        rows.get(i).add(cell(measure, results.get(i), written, i, best));
      }
    }
    return new Table("", columns, rows);
  }

  private static Cell name(Results result) {
    Cell name = Cell.of(result.name());
    return result.note().isEmpty() ? name : name.plus(", " + result.note(), Cell.Face.MUTED);
  }

  private static Cell cell(
      Measure measure, Results result, Numbers.Written written, int row, double best) {
    if (Double.isNaN(written.rounded()[row])) {
      return Cell.none();
    }
    Cell.Mark mark = written.rounded()[row] == best ? Cell.Mark.BEST : Cell.Mark.NONE;
    Cell cell = Cell.of(written.texts()[row], mark);
    double spread = spread(result.each(measure));
    if (spread > 0) {
      cell = cell.plus(" ±" + written.also(spread), Cell.Face.MUTED);
    }
    double ceiling = result.ceiling(measure);
    return Double.isFinite(ceiling)
        ? cell.plus(" of " + written.also(ceiling), Cell.Face.MUTED)
        : cell;
  }

  /// Half the range over seeds, 0 for a single one.
  private static double spread(double[] seeds) {
    double max = Arrays.stream(seeds).max().orElse(0);
    return (max - Arrays.stream(seeds).min().orElse(0)) / 2;
  }

  /// The best of the numbers as written, so that what reads alike is marked alike; NaN when there
  /// is none.
  private static double best(Measure measure, double[] rounded) {
    double[] finite = Arrays.stream(rounded).filter(Double::isFinite).toArray();
    double least = Arrays.stream(finite).min().orElse(Double.NaN);
    double most = Arrays.stream(finite).max().orElse(Double.NaN);
    if (!(least < most)) {
      return Double.NaN;
    }
    return switch (measure.better()) {
      case HIGHER -> most;
      case LOWER -> least;
      case NEITHER -> Double.NaN;
    };
  }
}
