package org.mneme.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/// The chapters of [ReportPage], made of charts and tables.
final class Compositions {
  private static final String HEADS_INTRO =
      "Usage is the share of slots that were read at all, top-1 usage the share that was the"
          + " heaviest of some read. With a finite number of reads neither can reach 100 %, so each"
          + " is shown against its ceiling. KL is the distance from perfectly even use in nats: 0"
          + " is even, ln(slots) is a single slot. Gini is 0 when all slots are used alike.";

  private Compositions() {}

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
    parts.add(table("variant", variants));
    return new Section.Chapter("Comparison", "", parts);
  }

  /// One row a [Results], one column a measure that any of them has.
  static Table table(String heading, List<Results> results) {
    Set<Measure> measures = new LinkedHashSet<>();
    results.forEach(result -> measures.addAll(result.values().keySet()));
    List<Table.Column> columns = new ArrayList<>();
    List<List<Cell>> rows = new ArrayList<>();
    columns.add(Table.Column.text(heading));
    results.forEach(result -> rows.add(new ArrayList<>(List.of(name(result)))));
    for (Measure measure : measures) {
      double[] values = results.stream().mapToDouble(result -> result.mean(measure)).toArray();
      Numbers.Written written = Numbers.column(measure.unit(), values);
      columns.add(Table.Column.number(measure.name(), written.unit()));
      for (int i = 0; i < values.length; i++) {
        rows.get(i).add(cell(measure, results.get(i), written.texts(), i));
      }
    }
    return new Table("", columns, rows);
  }

  private static Cell name(Results result) {
    Cell name = Cell.of(result.name());
    return result.note().isEmpty() ? name : name.plus(", " + result.note(), Cell.Face.MUTED);
  }

  private static Cell cell(Measure measure, Results result, String[] texts, int index) {
    String text = texts[index];
    if (!Double.isFinite(result.mean(measure))) {
      return Cell.none();
    }
    boolean best = best(measure, text, texts);
    Cell cell = Cell.of(text, best ? Cell.Mark.BEST : Cell.Mark.NONE);
    double ceiling = result.ceiling(measure);
    return Double.isFinite(ceiling)
        ? cell.plus(
            " of " + Numbers.column(measure.unit(), new double[] {ceiling}).texts()[0],
            Cell.Face.MUTED)
        : cell;
  }

  /// Whether `text` is the best of a column in which not all are alike; compared as written, so
  /// that no two equal numbers differ in their mark.
  private static boolean best(Measure measure, String text, String[] texts) {
    List<Double> finite = new ArrayList<>();
    for (String other : texts) {
      if (!other.equals(Cell.NOTHING)) {
        finite.add(parse(other));
      }
    }
    double least = finite.stream().mapToDouble(Double::doubleValue).min().orElse(0);
    double most = finite.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    return least < most
        && switch (measure.better()) {
          case HIGHER -> parse(text) == most;
          case LOWER -> parse(text) == least;
          case NEITHER -> false;
        };
  }

  private static double parse(String written) {
    return Double.parseDouble(written.replace(",", "").replace('\u2212', '-'));
  }

  /// Raw training losses behind smoothed ones, and evaluation losses with dots.
  static Section losses(Axis x, List<LossCurve> runs, Function<String, Tone> tone) {
    List<Series> series = new ArrayList<>();
    for (LossCurve run : runs) {
      var faint = new Series.Style(tone.apply(run.run()), Series.Stroke.FAINT);
      series.add(new Series("", run.x(), run.training(), faint));
    }
    for (LossCurve run : runs) {
      double[] smooth = Smoothing.centred(run.training(), Smoothing.window(run.training().length));
      var style = new Series.Style(tone.apply(run.run()), Series.Stroke.SOLID);
      series.add(new Series(run.run() + ", training", run.x(), smooth, style));
      if (run.evaluation().length > 0) {
        var dotted = new Series.Style(tone.apply(run.run()), Series.Stroke.DOTTED);
        series.add(
            new Series(run.run() + ", held out", run.evaluationX(), run.evaluation(), dotted));
      }
    }
    Axis y = Axis.of("loss in nats", Unit.PLAIN);
    return new Section.Chapter(
        "Losses",
        "Training losses are smoothed by a centred mean, the single values pale behind them.",
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
              new Series("top-1 usage", layer.x(), layer.top1(), Series.Style.solid(Tone.ORANGE)));
      List<Reference> ceilings = new ArrayList<>();
      if (Double.isFinite(layer.usageCeiling())) {
        ceilings.add(new Reference("ceiling", layer.usageCeiling(), Tone.BLUE));
      }
      if (Double.isFinite(layer.top1Ceiling())) {
        ceilings.add(new Reference("top-1 ceiling", layer.top1Ceiling(), Tone.ORANGE));
      }
      charts.add(new LineChart(layer.layer(), x, y, series, ceilings));
    }
    return new Section.Chapter(
        "Use of the memory",
        "The share of slots read at least once in an evaluation, and the share that was the"
            + " heaviest of some read. Dashed: what reads spread perfectly at random would reach.",
        List.of(new Section.Columns(charts)));
  }

  /// Cumulative shares, the figures behind them, and small charts for the heads.
  static Section reads(
      List<ReadDistribution> layers, List<ReadDistribution> heads, Function<String, Tone> tone) {
    List<Section> parts = new ArrayList<>();
    parts.add(readChart("Share of reads held by the most read slots", layers, tone));
    parts.add(readTable(layers));
    if (!heads.isEmpty()) {
      List<Section> small = new ArrayList<>();
      for (ReadDistribution head : heads) {
        small.add(readChart(head.label(), List.of(head), name -> Tone.BLUE));
      }
      parts.add(new Section.Columns(small));
    }
    return new Section.Chapter(
        "How reads spread over slots",
        "Slots sorted by how often they are read. The further a curve lies above the dashed one,"
            + " the fewer slots do the work.",
        parts);
  }

  private static Chart readChart(
      String title, List<ReadDistribution> reads, Function<String, Tone> tone) {
    List<Series> series = new ArrayList<>();
    for (ReadDistribution one : reads) {
      var style = Series.Style.solid(tone.apply(one.label()));
      series.add(new Series(one.label(), one.slotShare(), one.readShare(), style));
    }
    reads.stream()
        .filter(one -> one.slotShare().length > 0)
        .findFirst()
        .ifPresent(one -> {
          var style = new Series.Style(Tone.GREY, Series.Stroke.DASHED);
          series.add(new Series("even", one.slotShare(), one.slotShare(), style));
        });
    return new LineChart(
        title,
        Axis.log("most read slots", Unit.PERCENT),
        Axis.of("reads they hold", Unit.PERCENT).within(0, 1),
        series,
        List.of());
  }

  private static Table readTable(Collection<ReadDistribution> reads) {
    List<Results> rows =
        reads.stream()
            .map(one ->
                new Results(one.label())
                    .with(new Measure("slots", Unit.COUNT, Measure.Better.NEITHER), one.slots())
                    .with(Measure.GINI, one.gini())
                    .with(Measure.TOP50, one.top50())
                    .with(Measure.TOP90, one.top90())
                    .with(Measure.TOP99, one.top99()))
            .toList();
    return table("", rows);
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
                .map(Compositions::prediction)
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

  /// Bars of usage against ceilings, and all figures as a table.
  static Section heads(List<Results> heads) {
    List<Section> parts = new ArrayList<>();
    List<Section> charts = new ArrayList<>();
    for (Measure measure : List.of(Measure.USAGE, Measure.TOP1_USAGE)) {
      List<BarChart.Bar> bars =
          heads.stream()
              .filter(head -> Double.isFinite(head.mean(measure)))
              .map(head ->
                  new BarChart.Bar(
                      head.name(), Tone.BLUE, head.mean(measure), head.ceiling(measure)))
              .toList();
      if (!bars.isEmpty()) {
        charts.add(new BarChart(measure.name(), measure.unit(), bars));
      }
    }
    parts.add(new Section.Columns(charts));
    parts.add(table("layer and head", heads));
    return new Section.Chapter("Use of the memory", HEADS_INTRO, parts);
  }

  /// One row a slot, with the tokens that read it in their context.
  static Section slots(List<SlotUse> slots) {
    List<Table.Column> columns =
        List.of(
            Table.Column.text("layer"),
            Table.Column.number("slot", ""),
            Table.Column.number("weight", "%"),
            Table.Column.text("read by"));
    double[] shares = slots.stream().mapToDouble(SlotUse::share).toArray();
    String[] written = Numbers.column(Unit.PERCENT, shares).texts();
    List<List<Cell>> rows = new ArrayList<>();
    for (int i = 0; i < slots.size(); i++) {
      SlotUse slot = slots.get(i);
      Cell readers = Cell.of("");
      for (SlotUse.Reader reader : slot.readers()) {
        readers =
            readers
                .plus(readers.text().isEmpty() ? "" : " · ", Cell.Face.MUTED)
                .plus(reader.before(), Cell.Face.MUTED)
                .plus(reader.token(), Cell.Face.TOKEN)
                .plus(reader.after(), Cell.Face.MUTED);
      }
      rows.add(
          List.of(
              Cell.of(slot.layer()),
              Cell.of(Numbers.fixed(slot.slot(), 0)),
              Cell.of(written[i]),
              readers));
    }
    return new Section.Chapter("Most used slots", "", List.of(new Table("", columns, rows)));
  }
}
