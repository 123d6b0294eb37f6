package org.mneme.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// The chapters of a [ReportPage] on how memories are used.
final class MemoryChapters {
  private static final String HEADS_INTRO =
      "Usage is the share of slots that were read at all, top-1 usage the share that was the"
          + " heaviest of some read. With a finite number of reads neither can reach 100 %, so each"
          + " is shown against its ceiling. KL is the distance from perfectly even use in nats: 0"
          + " is even, ln(slots) is a single slot. Gini is 0 when all slots are used alike.";

  private MemoryChapters() {}

  /// Cumulative shares, the figures behind them, and small charts for the heads.
  static Section reads(
      List<ReadDistribution> layers, List<ReadDistribution> heads, Function<String, Tone> tone) {
    List<Section> parts = new ArrayList<>();
    parts.add(readChart("Share of reads held by the most read slots", layers, tone));
    parts.add(readTable(layers));
    if (!heads.isEmpty()) {
      List<Section> small = new ArrayList<>();
      for (ReadDistribution head : heads) {
        small.add(readChart(title(head), List.of(named(head, "reads")), name -> Tone.BLUE));
      }
      parts.add(new Section.Columns(small));
    }
    return new Section.Chapter(
        "How reads spread over slots",
        "Slots sorted by how often they are read. The further a curve lies above the dashed one,"
            + " the fewer slots do the work.",
        parts);
  }

  private static String title(ReadDistribution head) {
    return Double.isFinite(head.gini())
        ? head.label() + ", gini " + Numbers.fixed(head.gini(), 2)
        : head.label();
  }

  private static ReadDistribution named(ReadDistribution one, String label) {
    return new ReadDistribution(
        label,
        one.slots(),
        one.slotShare(),
        one.readShare(),
        one.gini(),
        one.top50(),
        one.top90(),
        one.top99());
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

  private static Table readTable(List<ReadDistribution> reads) {
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
    return ResultTable.of("", rows);
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
    parts.add(ResultTable.of("layer and head", heads));
    return new Section.Chapter("Use of the memory", HEADS_INTRO, parts);
  }

  private static String weight(SlotUse.Reader reader) {
    return Double.isFinite(reader.weight()) ? Numbers.fixed(reader.weight(), 2) + "\u2002" : "";
  }

  private static String times(SlotUse.Reader reader) {
    return reader.reads() > 1 ? "\u2002×\u202f" + Numbers.fixed(reader.reads(), 0) : "";
  }

  /// One row a slot, with the tokens that read it in their context.
  static Section slots(List<SlotUse> slots) {
    List<Table.Column> columns =
        List.of(
            Table.Column.text("layer"),
            Table.Column.number("slot", ""),
            Table.Column.number("share", "%"),
            Table.Column.number("reads", ""),
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
                .plus(readers.text().isEmpty() ? "" : "\n", Cell.Face.MUTED)
                .plus(weight(reader), Cell.Face.PLAIN)
                .plus(reader.before(), Cell.Face.MUTED)
                .plus(reader.token(), Cell.Face.TOKEN)
                .plus(reader.after(), Cell.Face.MUTED)
                .plus(times(reader), Cell.Face.PLAIN);
      }
      rows.add(
          List.of(
              Cell.of(slot.layer()),
              Cell.of(Numbers.fixed(slot.slot(), 0)),
              Cell.of(written[i]),
              Cell.of(Numbers.fixed(slot.reads(), 0)),
              readers));
    }
    return new Section.Chapter(
        "Most used slots",
        "The slots with the largest share of the weight of all reads, and the tokens that gave them"
            + " most of it: each where its read weighed most, with the weight of that read before"
            + " it, and behind it how often the token read the slot.",
        List.of(new Table("", columns, rows)));
  }
}
