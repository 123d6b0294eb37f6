package org.mneme.app.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.mneme.checkpoint.DiskNeed;
import org.mneme.report.Cell;
import org.mneme.report.Table;
import org.mneme.report.TextTable;
import org.mneme.run.estimate.Estimate;
import org.mneme.run.estimate.MemoryPart;
import org.mneme.run.estimate.ModelPart;
import org.mneme.run.estimate.StepTime;

/// An estimate for the terminal, and as JSON.
///
/// @param time of a step, null if nobody measured it
public record EstimateTables(Estimate estimate, @Nullable StepTime time) {
  /// The tables and the totals.
  public String text() {
    List<List<Cell>> parts = new ArrayList<>();
    for (ModelPart part : estimate.parts()) {
      parts.add(
          List.of(Cell.of(part.name().label()), count(part.parameters()), count(part.trained())));
    }
    List<List<Cell>> memory = new ArrayList<>();
    for (MemoryPart part : estimate.memory().parts()) {
      memory.add(List.of(Cell.of(part.name().label()), Cell.of(DiskNeed.size(part.bytes()))));
    }
    String tables =
        table("parameters", List.of("all", "trained"), parts)
            + "\n"
            + table("memory", List.of("bytes"), memory);
    return tables + "\n" + totals();
  }

  private static Cell count(long count) {
    return Cell.of(String.format(Locale.ROOT, "%,d", count));
  }

  private static String table(String what, List<String> numbers, List<List<Cell>> rows) {
    List<Table.Column> columns = new ArrayList<>();
    columns.add(Table.Column.text(what));
    numbers.forEach(name -> columns.add(Table.Column.number(name, "")));
    return TextTable.format(new Table("", columns, rows));
  }

  private String totals() {
    StringBuilder totals = new StringBuilder();
    totals.append("memory at the most  ").append(DiskNeed.size(estimate.memory().peak()));
    totals.append("\ndisk                ").append(DiskNeed.size(estimate.disk()));
    if (time != null) {
      totals.append(
          String.format(
              Locale.ROOT,
              "%na step              %.3f s, %.0f tokens/s (%d steps measured)",
              time.seconds(),
              time.tokens() / time.seconds(),
              time.steps()));
      estimate
          .runSeconds(time)
          .ifPresent(run -> totals.append("\nthe run             ").append(ProgressLine.time(run)));
    }
    return totals.toString();
  }

  /// The figures by name.
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    Map<String, Object> parameters = new LinkedHashMap<>();
    for (ModelPart part : estimate.parts()) {
      parameters.put(
          part.name().label(), Map.of("all", part.parameters(), "trained", part.trained()));
    }
    json.put("parameters", parameters);
    Map<String, Object> memory = new LinkedHashMap<>();
    estimate.memory().parts().forEach(part -> memory.put(part.name().label(), part.bytes()));
    json.put("memoryBytes", memory);
    json.put("peakBytes", estimate.memory().peak());
    json.put("checkpointBytes", estimate.checkpoint());
    json.put("diskBytes", estimate.disk());
    if (time != null) {
      json.put("secondsPerStep", time.seconds());
      json.put("tokensPerSecond", time.tokens() / time.seconds());
      json.put("measuredSteps", time.steps());
      estimate.runSeconds(time).ifPresent(run -> json.put("runSeconds", run));
    }
    return json;
  }
}
