package org.mneme.app.teach;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.mneme.app.run.MemoryPages;
import org.mneme.app.run.ProgressLine;
import org.mneme.app.run.Provenance;
import org.mneme.app.teach.TeachPlan.Method;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.evaluate.FactsEvaluation.Score;
import org.mneme.report.Axis;
import org.mneme.report.Card;
import org.mneme.report.Cell;
import org.mneme.report.LineChart;
import org.mneme.report.Reference;
import org.mneme.report.ReportPage;
import org.mneme.report.Section;
import org.mneme.report.Series;
import org.mneme.report.Series.Stroke;
import org.mneme.report.Series.Style;
import org.mneme.report.Table;
import org.mneme.report.TextTable;
import org.mneme.report.Tone;
import org.mneme.report.Unit;
import org.mneme.run.RunPage;
import org.mneme.run.RunRecord;
import org.mneme.text.Tokenizer;

/// What came of teaching, for people: a table for the terminal and a page.
record TeachReport(Teaching.Result result, TeachPlan plan) {
  /// What a model knows, in a line.
  static String line(Knowledge knowledge) {
    return "facts %s of the tokens, %s whole; loss %s on them, %s on other facts, %s on other text"
        .formatted(
            percent(knowledge.facts().accuracy()),
            percent(knowledge.facts().exact()),
            loss(knowledge.facts()),
            loss(knowledge.otherFacts()),
            loss(knowledge.otherText()));
  }

  /// The result for the terminal.
  static String text(Teaching.Result result) {
    return TextTable.format(table(result))
        + "\nModel:  "
        + result.training().model()
        + "\nPage:   "
        + result.report();
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private static String loss(Score score) {
    return String.format(Locale.ROOT, "%.3f", score.loss());
  }

  private static Table table(Teaching.Result result) {
    List<List<Cell>> rows = new ArrayList<>();
    rows.add(row("before", "", result.before(), ""));
    result
        .taught()
        .forEach(taught ->
            rows.add(
                row(
                    taught.method().toString(),
                    TeachPlan.written(taught.rate()),
                    taught.after(),
                    String.format(
                        Locale.ROOT, "%,d in %.0f s", taught.steps(), taught.seconds()))));
    return new Table(
        "",
        List.of(
            Table.Column.text(""),
            Table.Column.number("rate", ""),
            Table.Column.number("facts: tokens right", ""),
            Table.Column.number("whole", ""),
            Table.Column.number("loss", ""),
            Table.Column.number("other facts: loss", ""),
            Table.Column.number("other text: loss", ""),
            Table.Column.number("steps", "")),
        rows);
  }

  private static List<Cell> row(String name, String rate, Knowledge knowledge, String steps) {
    return List.of(
        Cell.of(name),
        Cell.of(rate),
        Cell.of(percent(knowledge.facts().accuracy())),
        Cell.of(percent(knowledge.facts().exact())),
        Cell.of(loss(knowledge.facts())),
        Cell.of(loss(knowledge.otherFacts())),
        Cell.of(loss(knowledge.otherText())),
        Cell.of(steps));
  }

  /// The page.
  ///
  /// @param run its folder
  /// @param model that was taught, with its memory
  ReportPage page(Path run, PretrainedModel model, Tokenizer tokenizer, Exam exam) {
    RunRecord record = RunRecord.read(run);
    Path name = Path.of(String.valueOf(plan.config().model().path())).getFileName();
    ReportPage page =
        new ReportPage("Teaching " + name, verdict())
            .byline(Provenance.byline())
            .cards(cards())
            .add(
                new Section.Chapter(
                    "What it knows, and what it forgot",
                    "Each point is a run of the same time from the same model, at a rate that the"
                        + " table names; all begin where nothing is forgotten. Above: more of the"
                        + " facts known. Left: less forgotten.",
                    List.of(curve(), table(result))));
    page.losses(
        Axis.of("training time", Unit.SECONDS), List.of(RunPage.losses("training", record)));
    new MemoryReads(model, tokenizer, exam).chapters().forEach(page::add);
    page.heads(MemoryPages.rows(result.use()))
        .reads(
            result.use().entrySet().stream()
                .map(use -> MemoryPages.distribution("layer " + use.getKey(), use.getValue()))
                .toList(),
            List.of());
    return RunPage.end(page, record);
  }

  private String verdict() {
    Taught own = result.own();
    return String.format(
        Locale.ROOT,
        "%,d facts in %.0f seconds of training: the frozen model with a memory gets %s of their"
            + " tokens right (%s before) and %s of them whole. Its loss on text of another kind"
            + " went from %.3f to %.3f.",
        own.after().facts().facts(),
        own.seconds(),
        percent(own.after().facts().accuracy()),
        percent(result.before().facts().accuracy()),
        percent(own.after().facts().exact()),
        result.before().otherText().loss(),
        own.after().otherText().loss());
  }

  private Card[] cards() {
    Knowledge before = result.before();
    Knowledge after = result.own().after();
    return new Card[] {
      new Card(
          "tokens of the facts right",
          percent(after.facts().accuracy()),
          percent(before.facts().accuracy()) + " before",
          percent(after.facts().exact()) + " of the facts whole"),
      new Card(
          "loss on other text",
          change(result.own().forgotten(before)),
          String.format(
              Locale.ROOT,
              "%.3f, %.3f before",
              after.otherText().loss(),
              before.otherText().loss()),
          "what was forgotten"),
      new Card(
          "loss on other facts",
          change(after.otherFacts().loss() - before.otherFacts().loss()),
          String.format(
              Locale.ROOT,
              "%.3f, %.3f before",
              after.otherFacts().loss(),
              before.otherFacts().loss()),
          "facts that were not taught"),
      new Card(
          "training",
          String.format(Locale.ROOT, "%.0f s", result.own().seconds()),
          String.format(
              Locale.ROOT,
              "%,d steps of %.0f ms",
              result.own().steps(),
              1000 * result.own().seconds() / Math.max(1, result.own().steps())),
          "peak memory " + ProgressLine.size(result.peakBytes()))
    };
  }

  private static String change(double loss) {
    return String.format(Locale.ROOT, "%+.3f", loss);
  }

  /// Recall against forgetting, a point per rate, from the model as it was.
  private LineChart curve() {
    Map<Method, List<Taught>> methods = new LinkedHashMap<>();
    result
        .taught()
        .forEach(one -> methods.computeIfAbsent(one.method(), _ -> new ArrayList<>()).add(one));
    List<Series> series = new ArrayList<>();
    Knowledge before = result.before();
    methods.forEach((method, points) -> {
      List<Taught> sorted =
          points.stream().sorted(Comparator.comparingDouble(one -> one.forgotten(before))).toList();
      series.add(
          new Series(
              method.toString(),
              DoubleStream.concat(
                      DoubleStream.of(0), sorted.stream().mapToDouble(one -> one.forgotten(before)))
                  .toArray(),
              DoubleStream.concat(
                      DoubleStream.of(before.facts().accuracy()),
                      sorted.stream().mapToDouble(one -> one.after().facts().accuracy()))
                  .toArray(),
              new Style(Tone.of(series.size()), Stroke.DOTTED)));
    });
    return new LineChart(
        "",
        Axis.of("rise of the loss on other text, nats", Unit.PLAIN),
        Axis.of("tokens of the facts right", Unit.PERCENT).within(0, 1),
        series,
        List.of(new Reference("before", before.facts().accuracy(), Tone.of(3))));
  }
}
