package org.mneme.app.quickstart;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.mneme.app.run.MemoryPages;
import org.mneme.app.run.ProgressLine;
import org.mneme.app.run.Provenance;
import org.mneme.evaluate.MaskedEvaluation.Score;
import org.mneme.memory.UsageReport;
import org.mneme.report.Axis;
import org.mneme.report.Card;
import org.mneme.report.Cell;
import org.mneme.report.Example;
import org.mneme.report.Measure;
import org.mneme.report.ReadDistribution;
import org.mneme.report.Reference;
import org.mneme.report.ReportPage;
import org.mneme.report.Results;
import org.mneme.report.Table;
import org.mneme.report.TextTable;
import org.mneme.report.Tone;
import org.mneme.report.Unit;

/// The result for people: a table for the terminal and a page.
final class QuickstartReport {
  private QuickstartReport() {}

  /// The table, every figure measured in this run: a column for each variant.
  static String table(Quickstart.Result result) {
    List<Table.Column> columns = new ArrayList<>(List.of(Table.Column.text("")));
    columns.add(Table.Column.number("before", ""));
    result.variants().forEach(v -> columns.add(Table.Column.number(v.variant().label(), "")));
    List<List<Cell>> rows = new ArrayList<>();
    row(
        rows,
        result,
        "facts: masked words right",
        percent(result.factsBefore().accuracy()),
        v -> percent(v.facts().accuracy()));
    row(
        rows,
        result,
        "held-out glosses: right",
        percent(result.heldOutBefore().accuracy()),
        v -> percent(v.heldOut().accuracy()));
    row(
        rows,
        result,
        "facts: loss",
        number("%.3f", result.factsBefore().loss()),
        v -> number("%.3f", v.facts().loss()));
    row(
        rows,
        result,
        "held-out glosses: loss",
        number("%.3f", result.heldOutBefore().loss()),
        v -> number("%.3f", v.heldOut().loss()));
    row(rows, result, "ms per step", "", v -> number("%.0f", v.outcome().msPerStep()));
    row(
        rows,
        result,
        "tokens/s",
        "",
        v -> number("%,.0f", v.outcome().tokens() / v.outcome().seconds()));
    row(rows, result, "steps", "", v -> number("%,d", v.outcome().steps()));
    row(rows, result, "seconds of training", "", v -> number("%.0f", v.outcome().seconds()));
    row(
        rows,
        result,
        "slots used (ceiling)",
        "",
        v -> use(v, UsageReport::usage, UsageReport::usedCeiling));
    row(
        rows,
        result,
        "top-1 slots used (ceiling)",
        "",
        v -> use(v, UsageReport::top1Usage, UsageReport::top1Ceiling));
    row(rows, result, "parameters", "", v -> number("%.1f M", v.parameters() / 1e6));
    row(rows, result, "of these trained", "", v -> number("%.1f M", v.trained() / 1e6));
    row(rows, result, "peak memory", "", v -> ProgressLine.size(v.peakBytes()));
    return TextTable.format(new Table("", columns, rows));
  }

  private static void row(
      List<List<Cell>> rows,
      Quickstart.Result result,
      String name,
      String before,
      Function<VariantResult, String> figure) {
    List<Cell> cells = new ArrayList<>(List.of(Cell.of(name), Cell.of(before)));
    result.variants().forEach(variant -> cells.add(Cell.of(figure.apply(variant))));
    rows.add(cells);
  }

  private static String use(
      VariantResult variant,
      ToDoubleFunction<UsageReport> figure,
      ToDoubleFunction<UsageReport> ceiling) {
    return variant.use().values().stream()
        .findFirst()
        .map(report ->
            "%s (%s)"
                .formatted(
                    percent(figure.applyAsDouble(report)), percent(ceiling.applyAsDouble(report))))
        .orElse("");
  }

  private static String number(String format, Object value) {
    return String.format(Locale.ROOT, format, value);
  }

  private static List<Results> variants(Quickstart.Result result) {
    List<Results> rows = new ArrayList<>();
    for (VariantResult variant : result.variants()) {
      Results row =
          scored(
                  new Results(variant.variant().label(), variant.variant().note()),
                  variant.facts(),
                  variant.heldOut())
              .with(Measure.STEP_TIME, variant.outcome().msPerStep())
              .with(
                  Measure.TOKENS_PER_SECOND,
                  variant.outcome().tokens() / variant.outcome().seconds())
              .with(Measure.STEPS, variant.outcome().steps())
              .with(Measure.TIME, variant.outcome().seconds())
              .with(Measure.PARAMETERS, variant.parameters())
              .with(Measure.TRAINED, variant.trained())
              .with(Measure.PEAK_MEMORY, variant.peakBytes());
      for (var use : variant.use().values()) {
        row =
            row.of(Measure.USAGE, use.usage(), use.usedCeiling())
                .of(Measure.TOP1_USAGE, use.top1Usage(), use.top1Ceiling());
      }
      rows.add(row);
    }
    return rows;
  }

  private static Results scored(Results results, Score facts, Score heldOut) {
    return results
        .with(Measure.FACTS, facts.accuracy())
        .with(Measure.HELD_OUT, heldOut.accuracy())
        .with(Measure.FACTS_LOSS, facts.loss())
        .with(Measure.HELD_OUT_LOSS, heldOut.loss());
  }

  /// The page.
  static ReportPage page(Quickstart.Result result, String command) {
    VariantResult memory = result.variants().getLast();
    VariantResult full = result.variants().getFirst();
    VariantResult dense = result.variants().get(1);
    ReportPage page = new ReportPage("Teaching a frozen encoder facts", verdict(result));
    page.byline(Provenance.byline());
    page.cards(
        new Card(
            "facts: masked words right, with the memory",
            percent(memory.facts().accuracy()),
            percent(full.facts().accuracy()) + " with everything trained",
            percent(result.factsBefore().accuracy()) + " before"),
        new Card(
            "the same with a dense layer",
            percent(dense.facts().accuracy()),
            "",
            "of the memory's compute, on the frozen model"),
        new Card(
            "held-out glosses, with the memory",
            percent(memory.heldOut().accuracy()),
            percent(full.heldOut().accuracy()) + " with everything trained",
            percent(result.heldOutBefore().accuracy()) + " before"));
    page.comparison(
        variants(result),
        List.of(new Reference("before", result.factsBefore().accuracy(), Tone.of(3))));
    page.losses(
        Axis.of("training time", Unit.SECONDS),
        result.variants().stream().map(VariantResult::losses).toList());
    page.usage(Axis.of("training time", Unit.SECONDS), memory.usageHistory());
    List<ReadDistribution> layers = new ArrayList<>();
    List<ReadDistribution> heads = new ArrayList<>();
    memory
        .use()
        .forEach((block, report) -> {
          layers.add(MemoryPages.distribution("layer " + block, report));
          heads.addAll(MemoryPages.heads(block, report));
        });
    page.reads(layers, heads);
    page.heads(MemoryPages.rows(memory.use()));
    page.examples(examples(result));
    page.settings("Settings", settings(result));
    page.provenance(command, Provenance.facts());
    return page;
  }

  private static String verdict(Quickstart.Result result) {
    VariantResult full = result.variants().getFirst();
    VariantResult dense = result.variants().get(1);
    VariantResult memory = result.variants().getLast();
    return String.format(
        Locale.ROOT,
        "In %.0f seconds of training each, a frozen encoder with a product-key memory got %s of the"
            + " masked words of %,d facts right, with a dense layer of like compute %s, with all of"
            + " its own weights trained %s. On glosses that nothing was trained on: %s, %s and %s;"
            + " %s before.",
        memory.outcome().seconds(),
        percent(memory.facts().accuracy()),
        result.settings().facts(),
        percent(dense.facts().accuracy()),
        percent(full.facts().accuracy()),
        percent(memory.heldOut().accuracy()),
        percent(dense.heldOut().accuracy()),
        percent(full.heldOut().accuracy()),
        percent(result.heldOutBefore().accuracy()));
  }

  private static List<Example> examples(Quickstart.Result result) {
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < result.examples().size(); i++) {
      MaskedFact fact = result.examples().get(i);
      List<Example.Prediction> predictions = new ArrayList<>();
      for (VariantResult variant : result.variants()) {
        String guess = variant.guesses().get(i);
        predictions.add(
            new Example.Prediction(
                variant.variant().label(), guess, guess.equals(fact.answer()), Double.NaN));
      }
      examples.add(new Example(fact.before(), fact.answer(), fact.after(), predictions));
    }
    return examples;
  }

  private static Map<String, String> settings(Quickstart.Result result) {
    QuickstartSettings settings = result.settings();
    Map<String, String> rows = new LinkedHashMap<>();
    rows.put("seed", Long.toString(settings.seed()));
    rows.put("facts", Integer.toString(settings.facts()));
    rows.put("held-out glosses", Integer.toString(settings.heldOut()));
    rows.put("half-keys per side", Integer.toString(settings.keysPerSide()));
    rows.put("seconds for the head", "%.0f".formatted(settings.headSeconds()));
    rows.put("seconds for each variant", "%.0f".formatted(settings.variantSeconds()));
    for (Variant variant : Variant.values()) {
      var training = variant.training(settings.variantSeconds(), settings.seed());
      List<String> freeze = training.train().freeze();
      rows.put(
          variant.label(),
          "rate %s, value rate %s, frozen: %s"
              .formatted(
                  training.optimizer().learningRate(),
                  variant == Variant.MEMORY ? training.optimizer().valueLearningRate() : "none",
                  freeze.isEmpty() ? "nothing" : String.join(", ", freeze)));
    }
    return rows;
  }

  /// A fact of the examples to try the memory on: one that it got right, best one that others got
  /// wrong.
  static int telling(Quickstart.Result result) {
    int best = 0;
    int bestScore = -1;
    for (int i = 0; i < result.examples().size(); i++) {
      int score = 0;
      for (VariantResult variant : result.variants()) {
        boolean right = variant.guesses().get(i).equals(result.examples().get(i).answer());
        if (variant.variant() == Variant.MEMORY) {
          score += right ? 10 : 0;
        } else {
          score += right ? 0 : 1;
        }
      }
      if (score > bestScore) {
        best = i;
        bestScore = score;
      }
    }
    return best;
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }
}
