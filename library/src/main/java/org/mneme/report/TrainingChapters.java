package org.mneme.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/// The chapters of a [ReportPage] on what training reached.
final class TrainingChapters {
  private TrainingChapters() {}

  /// Accuracies as dumbbells, everything as a table.
  static Section comparison(
      List<Results> variants, List<Reference> references, Function<String, Tone> tone) {
    List<Section> parts = new ArrayList<>();
    boolean both =
        variants.stream().anyMatch(v -> v.each(Measure.FACTS).length > 0)
            && variants.stream().anyMatch(v -> v.each(Measure.HELD_OUT).length > 0);
    if (both) {
      List<DumbbellChart.Row> rows =
          variants.stream()
              .map(v ->
                  new DumbbellChart.Row(
                      v.name(),
                      tone.apply(v.name()),
                      v.each(Measure.HELD_OUT),
                      v.each(Measure.FACTS)))
              .toList();
      parts.add(
          new DumbbellChart(
              "Words right, by variant",
              "held out: lines never seen",
              "facts: lines trained on",
              Unit.PERCENT,
              rows,
              references));
    }
    parts.add(ResultTable.of("variant", variants));
    if (variants.stream().anyMatch(TrainingChapters::severalSeeds)) {
      parts.add(
          new Section.Text("Means over seeds; ± is half the range, the ticks are single seeds."));
    }
    return new Section.Chapter("Comparison", "", parts);
  }

  private static boolean severalSeeds(Results variant) {
    return variant.values().values().stream().anyMatch(seeds -> seeds.length > 1);
  }

  /// Raw training losses behind smoothed ones, and evaluation losses with dots. A single run needs
  /// no name.
  static Section losses(Axis x, List<LossCurve> runs, Function<String, Tone> tone) {
    List<Series> series = new ArrayList<>();
    for (LossCurve run : runs) {
      var faint = new Series.Style(tone.apply(run.run()), Series.Stroke.FAINT);
      series.add(new Series("", run.x(), run.training(), faint));
    }
    for (LossCurve run : runs) {
      String of = runs.size() == 1 ? "" : run.run() + ", ";
      double[] smooth =
          Smoothing.localLine(run.training(), Smoothing.window(run.training().length));
      var style = new Series.Style(tone.apply(run.run()), Series.Stroke.SOLID);
      series.add(new Series(of + "training", run.x(), smooth, style));
      if (run.evaluation().length > 0) {
        var dotted = new Series.Style(tone.apply(run.run()), Series.Stroke.DOTTED);
        series.add(new Series(of + "evaluated", run.evaluationX(), run.evaluation(), dotted));
      }
    }
    Axis y = Axis.of("loss in nats", Unit.PLAIN);
    return new Section.Chapter(
        "Losses",
        "Training losses are smoothed, with the single values pale behind them.",
        List.of(new LineChart("Loss over " + x.label(), x, y, series, List.of())));
  }

  /// One chart a layer: usage and top-1 usage with their ceilings.
  static Section usage(Axis x, List<UsageHistory> layers) {
    List<Section> charts = new ArrayList<>();
    Axis y = Axis.of("slots used", Unit.PERCENT).within(0, 1);
    for (UsageHistory layer : layers) {
      List<Series> series =
          List.of(
              new Series("usage", layer.x(), layer.usage(), Series.Style.solid(Tone.BLUE)),
              new Series("ceiling", layer.x(), layer.usageCeiling(), dashed(Tone.BLUE)),
              new Series("top-1 usage", layer.x(), layer.top1(), Series.Style.solid(Tone.ORANGE)),
              new Series("top-1 ceiling", layer.x(), layer.top1Ceiling(), dashed(Tone.ORANGE)));
      charts.add(new LineChart(layer.layer(), x, y, series, List.of()));
    }
    return new Section.Chapter(
        "Use of the memory in training",
        "The share of slots read at least once in each stretch of the training, and the share that"
            + " was the heaviest of some read. Dashed: what as many reads would reach if they fell"
            + " evenly at random.",
        List.of(new Section.Columns(charts)));
  }

  private static Series.Style dashed(Tone tone) {
    return new Series.Style(tone, Series.Stroke.DASHED);
  }

  /// One row an example, one column a variant.
  static Section examples(List<Example> examples) {
    Set<String> variants = new LinkedHashSet<>();
    examples.forEach(e -> e.predictions().forEach(p -> variants.add(p.variant())));
    List<Table.Column> columns = new ArrayList<>();
    columns.add(Table.Column.text("text, with the masked word"));
    variants.forEach(variant -> columns.add(Table.Column.text(variant)));
    List<List<Cell>> rows = new ArrayList<>();
    for (Example example : examples) {
      List<Cell> row = new ArrayList<>();
      row.add(Cell.inContext(example.before(), example.answer(), example.after()));
      for (String variant : variants) {
        row.add(
            example.predictions().stream()
                .filter(p -> p.variant().equals(variant))
                .findFirst()
                .map(TrainingChapters::prediction)
                .orElseGet(Cell::none));
      }
      rows.add(row);
    }
    return new Section.Chapter("Examples", "", List.of(new Table("", columns, rows)));
  }

  private static Cell prediction(Example.Prediction prediction) {
    Cell cell = Cell.of(prediction.word(), prediction.right() ? Cell.Mark.RIGHT : Cell.Mark.WRONG);
    return Double.isFinite(prediction.probability())
        ? cell.plus(" " + Numbers.withUnit(Unit.PERCENT, prediction.probability()), Cell.Face.MUTED)
        : cell;
  }
}
