package org.mneme.app.run;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.mneme.report.Cell;
import org.mneme.report.Table;
import org.mneme.run.RunComparison;
import org.mneme.run.RunComparison.Point;
import org.mneme.run.RunFigures;
import org.mneme.run.RunSummary;

/// Runs as tables of the terminal.
public final class RunTables {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneId.systemDefault());

  private RunTables() {}

  /// A row a run.
  public static Table list(List<RunSummary> runs) {
    List<Table.Column> columns = new ArrayList<>();
    columns.add(Table.Column.text("run"));
    columns.add(Table.Column.text("state"));
    for (String name :
        List.of("steps", "loss", "held out", "best", "tokens/s", "memory", "training")) {
      columns.add(Table.Column.number(name, ""));
    }
    columns.add(Table.Column.text("started"));
    List<List<Cell>> rows = new ArrayList<>();
    for (RunSummary run : runs) {
      rows.add(
          List.of(
              Cell.of(run.name()),
              Cell.of(state(run)),
              Cell.of(String.format(Locale.ROOT, "%,d", run.steps())),
              number("%.4f", run.loss()),
              number("%.4f", run.devLoss()),
              number("%.4f", run.bestDevLoss()),
              number("%,.0f", run.tokensPerSecond()),
              written(run.residentBytes(), bytes -> ProgressLine.size(bytes.longValue())),
              written(run.seconds(), ProgressLine::time),
              run.started().equals(Instant.EPOCH)
                  ? Cell.none()
                  : Cell.of(TIME.format(run.started()))));
    }
    return new Table("", columns, rows);
  }

  private static String state(RunSummary run) {
    Double progress = run.progress();
    return run.state().equals("running") && progress != null
        ? String.format(Locale.ROOT, "running, %.0f %%", 100 * progress)
        : run.state();
  }

  /// Losses of the runs at the points of a comparison.
  public static Table figures(RunComparison comparison) {
    List<List<Cell>> rows = new ArrayList<>();
    rows.add(row("at the end", comparison.last()));
    rows.add(row("at the lowest held-out loss", comparison.best()));
    rows.add(row("steps", "%,.0f steps", comparison.equalSteps()));
    rows.add(row("time", "%,.1f s of training", comparison.equalSeconds()));
    rows.add(row("tokens", "%,.0f tokens", comparison.equalTokens()));
    return new Table("", columns("", comparison), rows);
  }

  private static List<Cell> row(String what, String format, Point point) {
    String at = String.format(Locale.ROOT, format, point.at());
    return row("equal " + what + ", " + at, point.runs());
  }

  private static List<Cell> row(String name, List<@Nullable RunFigures> runs) {
    List<Cell> row = new ArrayList<>(List.of(Cell.of(name)));
    for (RunFigures figures : runs) {
      row.add(
          figures == null
              ? Cell.none()
              : Cell.of(
                  number("%.4f", figures.loss()).text()
                      + " / "
                      + number("%.4f", figures.devLoss()).text()));
    }
    return row;
  }

  /// The settings in which runs differ.
  public static Table settings(RunComparison comparison) {
    List<List<Cell>> rows = new ArrayList<>();
    for (RunComparison.Setting setting : comparison.settings()) {
      List<Cell> row = new ArrayList<>(List.of(Cell.of(setting.key())));
      for (String value : setting.values()) {
        row.add(value == null ? Cell.none() : Cell.of(value));
      }
      rows.add(row);
    }
    return new Table("", columns("setting", comparison), rows);
  }

  private static List<Table.Column> columns(String first, RunComparison comparison) {
    List<Table.Column> columns = new ArrayList<>(List.of(Table.Column.text(first)));
    comparison.runs().forEach(run -> columns.add(Table.Column.text(run.name())));
    return columns;
  }

  private static Cell number(String format, @Nullable Double value) {
    return written(value, number -> String.format(Locale.ROOT, format, number));
  }

  private static Cell written(@Nullable Double value, Function<Double, String> form) {
    return value == null ? Cell.none() : Cell.of(form.apply(value));
  }
}
