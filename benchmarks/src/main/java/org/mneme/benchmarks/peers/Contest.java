package org.mneme.benchmarks.peers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.mneme.bench.Setting;
import org.mneme.report.Cell;
import org.mneme.report.Table;
import org.mneme.report.TextTable;

/// What a comparison of models came to.
///
/// @param setting where and with what it ran
/// @param pairs each of our modes with each of the peer's
/// @param summary the figures that the project's goals speak of, by name
record Contest(Setting setting, List<Pair> pairs, Map<String, Object> summary) {
  private static final List<Table.Column> COLUMNS =
      List.of(
          Table.Column.text("case"),
          Table.Column.text("against"),
          Table.Column.number("ours", "ms, min"),
          Table.Column.number("peer", "ms, min"),
          Table.Column.number("ratio", "quartiles"),
          Table.Column.number("largest difference", ""));

  /// For machines.
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("machine", setting.machine());
    json.put("versions", setting.versions());
    json.put("summary", summary);
    json.put("cases", pairs.stream().map(Pair::json).toList());
    return json;
  }

  /// For people.
  String text() {
    List<List<Cell>> rows = new ArrayList<>();
    for (Pair pair : pairs) {
      double[] quartiles = pair.ours().ratioQuartiles(pair.theirs());
      Object shape = pair.more().getOrDefault("shape", "");
      rows.add(
          Stream.of(
                  pair.name() + " " + shape + " " + pair.dtype(),
                  pair.peer(),
                  number("%.1f (%.1f)", pair.ours().median(), pair.ours().least()),
                  number("%.1f (%.1f)", pair.theirs().median(), pair.theirs().least()),
                  number("%.2f (%.2f to %.2f)", pair.ratio(), quartiles[0], quartiles[2]),
                  number("%.1e", pair.largestDifference()))
              .map(Cell::of)
              .toList());
    }
    Setting.Machine machine = setting.machine();
    return "%s, %d cores, %d GB, %s%n%s%n%n"
            .formatted(
                machine.cpu(),
                machine.cores(),
                machine.memoryBytes() >> 30,
                machine.os(),
                setting.versions())
        + TextTable.format(new Table("", COLUMNS, rows))
        + "\n"
        + summary;
  }

  private static String number(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /// The pair of the fastest of ours and the fastest of those of the peers that count.
  static Pair best(List<Pair> pairs) {
    Pair ours = least(pairs, true);
    List<Pair> withOurs = pairs.stream().filter(pair -> pair.dtype().equals(ours.dtype())).toList();
    return least(withOurs, false);
  }

  private static Pair least(List<Pair> pairs, boolean ours) {
    return pairs.stream()
        .min((a, b) -> Double.compare(median(a, ours), median(b, ours)))
        .orElseThrow(() -> new IllegalArgumentException("nothing was compared"));
  }

  private static double median(Pair pair, boolean ours) {
    return (ours ? pair.ours() : pair.theirs()).median();
  }
}
