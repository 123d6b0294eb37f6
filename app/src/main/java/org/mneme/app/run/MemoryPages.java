package org.mneme.app.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mneme.data.LineBatch;
import org.mneme.evaluate.SlotReaders;
import org.mneme.memory.Spread;
import org.mneme.memory.UsageReport;
import org.mneme.report.Measure;
import org.mneme.report.ReadDistribution;
import org.mneme.report.Results;
import org.mneme.report.SlotUse;

/// Reports of memory use in the words of the pages.
public final class MemoryPages {
  private MemoryPages() {}

  /// How the weight read spreads over the slots of one layer or head.
  public static ReadDistribution distribution(String label, UsageReport report) {
    Spread spread = report.weight();
    double[] slotShare =
        spread.massByRank().stream()
            .mapToDouble(point -> (double) point.rank() / report.slots())
            .toArray();
    double[] readShare = spread.massByRank().stream().mapToDouble(Spread.RankMass::mass).toArray();
    return new ReadDistribution(
        label,
        report.slots(),
        slotShare,
        readShare,
        spread.gini(),
        spread.top50(),
        spread.top90(),
        spread.top99());
  }

  /// The same for every head of a layer.
  public static List<ReadDistribution> heads(int block, UsageReport report) {
    List<ReadDistribution> heads = new ArrayList<>();
    for (int head = 0; head < report.heads().size(); head++) {
      heads.add(distribution("layer " + block + ", head " + head, report.heads().get(head)));
    }
    return heads;
  }

  /// A row of figures for every layer and head.
  public static List<Results> rows(Map<Integer, UsageReport> layers) {
    List<Results> rows = new ArrayList<>();
    layers.forEach((block, report) -> {
      rows.add(row("layer " + block, report));
      for (int head = 0; head < report.heads().size(); head++) {
        rows.add(row("layer " + block + ", head " + head, report.heads().get(head)));
      }
    });
    return rows;
  }

  /// The most used slots of each layer and who reads them.
  ///
  /// @param text what was read, in the batches of [TextSet#plain]
  public static Map<Integer, List<SlotUse>> slots(
      Map<Integer, List<SlotReaders.Slot>> layers, TextSet text) {
    List<LineBatch> batches = text.plainLines();
    Map<Integer, List<SlotUse>> slots = new LinkedHashMap<>();
    layers.forEach((block, read) ->
        slots.put(
            block,
            read.stream()
                .map(slot ->
                    new SlotUse(
                        "layer " + block,
                        slot.use().slot(),
                        slot.use().share(),
                        slot.use().reads(),
                        slot.readers().stream()
                            .map(reader -> reader(reader, text, batches))
                            .toList()))
                .toList()));
    return slots;
  }

  private static SlotUse.Reader reader(
      SlotReaders.Reader reader, TextSet text, List<LineBatch> batches) {
    int line = batches.get(reader.batch()).lines()[reader.row()];
    TokenContext context = TokenContext.of(text, line, reader.position());
    return new SlotUse.Reader(
        context.before(), context.token(), context.after(), reader.heaviest(), reader.reads());
  }

  private static Results row(String name, UsageReport report) {
    return new Results(name)
        .of(Measure.USAGE, report.usage(), report.usedCeiling())
        .of(Measure.TOP1_USAGE, report.top1Usage(), report.top1Ceiling())
        .with(Measure.KL, report.klWeight())
        .with(Measure.TOP1_KL, report.top1KlCount())
        .with(Measure.GINI, report.giniWeight())
        .with(Measure.TOP50, report.weight().top50())
        .with(Measure.TOP90, report.weight().top90())
        .with(Measure.TOP99, report.weight().top99());
  }
}
