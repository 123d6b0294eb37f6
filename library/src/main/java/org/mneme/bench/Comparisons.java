package org.mneme.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.mneme.report.Cell;
import org.mneme.report.Table;
import org.mneme.report.TextTable;

/// All comparisons of a run.
///
/// @param setting where and with what
/// @param cases in the order in which they ran
public record Comparisons(Setting setting, List<Comparison> cases) {
  private static final List<Table.Column> COLUMNS =
      List.of(
          Table.Column.text("case"),
          Table.Column.text("against"),
          Table.Column.number("ours", "ms, min"),
          Table.Column.number("peer", "ms, min"),
          Table.Column.number("ratio", "quartiles"),
          Table.Column.number("largest difference", ""));

  /// For machines.
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("machine", setting.machine());
    json.put("versions", setting.versions());
    json.put("cases", cases.stream().map(Comparison::json).toList());
    return json;
  }

  /// For people: where it ran, then a line for each case, below it one for each of its parts.
  public String text() {
    List<List<Cell>> rows = new ArrayList<>();
    for (Comparison one : cases) {
      rows.add(line(one));
      rows.addAll(stageLines(one));
    }
    Setting.Machine machine = setting.machine();
    return machine.cpu()
        + ", %d cores, %d GB, %s\n"
            .formatted(machine.cores(), machine.memoryBytes() >> 30, machine.os())
        + setting.versions()
        + "\n\n"
        + TextTable.format(new Table("", COLUMNS, rows));
  }

  private static List<Cell> line(Comparison one) {
    double[] quartiles = one.ratioQuartiles();
    return cells(
        one.name() + " " + one.sizes() + " " + one.dtype(),
        one.peer(),
        number("%.1f (%.1f)", one.oursMedian(), one.oursMinimum()),
        number("%.1f (%.1f)", one.theirMedian(), one.theirMinimum()),
        number("%.2f (%.2f to %.2f)", one.ratio(), quartiles[0], quartiles[2]),
        one.largestDifference() == 0 ? "0" : number("%.1e", one.largestDifference()));
  }

  private static List<List<Cell>> stageLines(Comparison one) {
    Map<String, Double> ours = Round.stageMedians(one.ours());
    Map<String, Double> theirs = Round.stageMedians(one.theirs());
    List<List<Cell>> lines = new ArrayList<>();
    if (ours.size() > 1) {
      ours.forEach((stage, ms) -> {
        double other = theirs.getOrDefault(stage, Double.NaN);
        lines.add(
            cells(
                "  " + stage,
                "",
                number("%.1f", ms),
                number("%.1f", other),
                number("%.2f", other / ms),
                ""));
      });
    }
    return lines;
  }

  private static List<Cell> cells(String... texts) {
    return Stream.of(texts).map(Cell::of).toList();
  }

  private static String number(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
