package org.mneme.app.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mneme.app.run.ProgressLine;
import org.mneme.app.run.RunTables;
import org.mneme.report.TextTable;
import org.mneme.run.MetricsLine;
import org.mneme.run.RunFinder;
import org.mneme.run.RunRecord;
import org.mneme.run.RunRecord.SavedStep;
import org.mneme.run.RunSummary;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Shows a run.
@Command(
    name = "show",
    description = "Show a training run: its state, last figures, checkpoints and settings.")
final class RunsShow implements Callable<Integer> {
  private static final MathContext DIGITS = new MathContext(6);

  private final Console console;

  @Parameters(paramLabel = "RUN", description = "Run folder.")
  private Path folder = Path.of("");

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  RunsShow(Console console) {
    this.console = console;
  }

  /// The figures of a line of the metrics by name, as the file has them.
  private record Shown(
      RunSummary run,
      @Nullable Map<String, Object> lastStep,
      @Nullable Map<String, Object> lastEvaluation,
      List<SavedStep> checkpoints,
      Map<String, String> settings,
      Map<String, String> provenance) {}

  @Override
  public Integer call() {
    RunRecord run = RunFinder.read(folder);
    if (json) {
      List<MetricsLine> evaluations = run.evaluations();
      console.json(
          new Shown(
              RunSummary.of(run),
              run.last().map(RunsShow::figures).orElse(null),
              evaluations.isEmpty() ? null : figures(evaluations.getLast()),
              run.checkpoints(),
              run.settings(),
              run.provenance()));
    } else {
      print(run);
    }
    return ExitCode.OK;
  }

  private static Map<String, Object> figures(MetricsLine line) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("step", line.step());
    figures.put("split", line.split());
    figures.put("tokens", line.tokens());
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("loss", line.loss());
    numbers.put("lr", line.learningRate());
    numbers.put("tokensPerSecond", line.tokensPerSecond());
    numbers.put("seconds", line.seconds());
    numbers.putAll(line.more());
    numbers.forEach((name, value) -> {
      if (Double.isFinite(value)) {
        figures.put(name, value);
      }
    });
    return figures;
  }

  private void print(RunRecord run) {
    RunSummary summary = RunSummary.of(run);
    console.result(TextTable.format(RunTables.list(List.of(summary))).stripTrailing());
    if (!summary.message().isEmpty()) {
      console.result(summary.state() + ": " + summary.message());
    }
    run.last().ifPresent(line -> section("Last step", figures(line)));
    if (!run.evaluations().isEmpty()) {
      section("Last evaluation", figures(run.evaluations().getLast()));
    }
    Map<String, Object> checkpoints = new LinkedHashMap<>();
    run.checkpoints()
        .forEach(saved -> checkpoints.put(saved.name(), ProgressLine.size(saved.bytes())));
    section("Checkpoints", checkpoints);
    section("Settings", run.settings());
    section("Where it comes from", run.provenance());
  }

  private void section(String title, Map<String, ?> rows) {
    if (rows.isEmpty()) {
      return;
    }
    console.result("\n" + title);
    int width = rows.keySet().stream().mapToInt(String::length).max().orElse(0);
    rows.forEach((name, value) ->
        console.result("  " + name + " ".repeat(width - name.length() + 2) + text(value)));
  }

  /// For people: six digits, and never as a power of ten.
  private static String text(Object value) {
    return value instanceof Double number
        ? new BigDecimal(number).round(DIGITS).stripTrailingZeros().toPlainString()
        : value.toString();
  }
}
