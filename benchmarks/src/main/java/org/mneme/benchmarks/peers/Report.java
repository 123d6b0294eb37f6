package org.mneme.benchmarks.peers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mneme.report.Cell;
import org.mneme.report.Table.Column;
import org.mneme.report.TextTable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// All results of a run, for people or for machines.
///
/// @param versions what the sides say of themselves
record Report(Map<String, JsonNode> versions, List<Result> results) {
  private static final String MACHINE = "machine";

  /// One object: machine, versions, cases.
  String json() {
    Map<String, Object> versionOf = new LinkedHashMap<>();
    versions.forEach((side, says) ->
        says.properties()
            .forEach(entry -> {
              if (!entry.getKey().equals(MACHINE)) {
                versionOf.put(entry.getKey(), entry.getValue());
              }
            }));
    Map<String, Object> json = new LinkedHashMap<>();
    JsonNode ours = versions.get("ours");
    json.put(MACHINE, ours == null ? Map.of() : ours.get(MACHINE));
    json.put("versions", versionOf);
    json.put("cases", results.stream().map(Result::json).toList());
    return JsonMapper.builder()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .build()
        .writeValueAsString(json);
  }

  /// Versions and a table: a line for each result, below it one for each stage.
  String text() {
    StringBuilder out = new StringBuilder();
    versions.forEach((side, says) -> {
      out.append(side).append(':');
      says.properties().forEach(entry -> out.append(' ').append(entry));
      out.append('\n');
    });
    List<Column> columns =
        List.of(
            Column.text("case"),
            Column.text("peer"),
            Column.number("ours", "ms, min"),
            Column.number("peer", "ms, min"),
            Column.number("ratio", "quartiles"),
            Column.number("difference", ""));
    List<List<Cell>> rows = new ArrayList<>();
    for (Result result : results) {
      rows.add(line(result));
      rows.addAll(stageLines(result));
    }
    return out.append('\n')
        .append(TextTable.format(new org.mneme.report.Table("", columns, rows)))
        .toString();
  }

  private static List<Cell> line(Result result) {
    double[] quartiles = result.ratioQuartiles();
    int others = result.differences().otherSlots();
    return cells(
        result.shape().toString(),
        result.mode().label() + (result.alternating() ? "" : " (in blocks)"),
        number("%.1f (%.1f)", Round.median(result.ours()), Round.minimum(result.ours())),
        number("%.1f (%.1f)", Round.median(result.peer()), Round.minimum(result.peer())),
        number("%.2f (%.2f to %.2f)", result.ratio(), quartiles[0], quartiles[2]),
        number("%.1e", result.differences().largest())
            + (others == 0 ? "" : ", %d other slots".formatted(others)));
  }

  private static List<List<Cell>> stageLines(Result result) {
    Map<String, Double> ours = Round.stageMedians(result.ours());
    Map<String, Double> peer = Round.stageMedians(result.peer());
    List<List<Cell>> lines = new ArrayList<>();
    if (ours.size() > 1) {
      ours.forEach((stage, ms) -> {
        double theirs = peer.getOrDefault(stage, Double.NaN);
        lines.add(
            cells(
                "  " + stage,
                "",
                number("%.1f", ms),
                number("%.1f", theirs),
                number("%.2f", theirs / ms),
                ""));
      });
    }
    return lines;
  }

  private static List<Cell> cells(String... texts) {
    return Arrays.stream(texts).map(Cell::of).toList();
  }

  private static String number(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
