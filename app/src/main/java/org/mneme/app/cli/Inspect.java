package org.mneme.app.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.app.run.MemoryPages;
import org.mneme.app.run.ModelFiles;
import org.mneme.app.run.Provenance;
import org.mneme.app.run.TextSet;
import org.mneme.checkpoint.AtomicFile;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.TokenBatch;
import org.mneme.evaluate.MeasuredUse;
import org.mneme.evaluate.MemoryUse;
import org.mneme.evaluate.SlotReaders;
import org.mneme.memory.UsageReport;
import org.mneme.model.BaseModel;
import org.mneme.report.Cell;
import org.mneme.report.ReadDistribution;
import org.mneme.report.ReportPage;
import org.mneme.report.SlotUse;
import org.mneme.report.Table;
import org.mneme.report.TextTable;
import org.mneme.text.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/// Shows how a model's memories use their slots on a text.
@Command(
    name = "inspect",
    description = {
      "Show how the memories of a model use their slots.",
      "Every token of the text reads. Prints usage and top-1 usage with the ceilings that as many"
          + " random reads would reach, divergence from even use in nats, gini, and the slots that"
          + " hold 50, 90 and 99 %% of the weight; writes usage.json and usage.html to --out, with"
          + " the most used slots and the tokens that read them."
    })
final class Inspect implements Callable<Integer> {
  /// Slots of a layer that are shown with their readers.
  private static final int SLOTS = 12;

  private static final int READERS = 5;

  private final Console console;
  @Spec private @Nullable CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      converter = FinishedModel.class,
      description = "Folder of a model, or of the run that made it.")
  private Path model = Path.of("");

  @Option(
      names = "--text",
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description = "Text files, an example a line.")
  private List<Path> texts = List.of();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder for usage.json and usage.html (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("runs", "inspect");

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  Inspect(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    try (PretrainedModel loaded = ModelFiles.load(model, console);
        Tokenizer tokenizer = Tokenizer.load(model)) {
      if (MemoryUse.memories(loaded.base()).isEmpty()) {
        throw InvalidInputException.config(
            "memory", model + " has no product-key memory; add one with `mneme augment`");
      }
      TextSet text = TextSet.read(tokenizer, texts, loaded.config().maxTokens());
      Read read = read(loaded.base(), text);
      Map<String, Object> figures = figures(read, text);
      AtomicFile.writeString(
          out.resolve("usage.json"), JsonMapper.shared().writeValueAsString(figures) + "\n");
      page(read).write(out.resolve("usage.html"));
      if (json) {
        console.json(figures);
      } else {
        console.result(TextTable.format(table(read.use)));
        console.result("Page: " + out.resolve("usage.html"));
      }
    }
    return ExitCode.OK;
  }

  /// What was found, by block.
  private record Read(Map<Integer, UsageReport> use, Map<Integer, List<SlotUse>> slots) {}

  /// Reads the text twice: which slots are used most is known after the first time.
  private static Read read(BaseModel model, TextSet text) {
    try (MeasuredUse use = MemoryUse.measure(model)) {
      List<TokenBatch> batches = text.plain();
      MemoryUse.read(model, batches);
      var readers = SlotReaders.of(model, batches, use.heaviest(SLOTS), READERS);
      return new Read(use.reports(), MemoryPages.slots(readers, text));
    }
  }

  private Map<String, Object> figures(Read read, TextSet text) {
    List<Object> layers = new ArrayList<>();
    read.use.forEach((block, report) -> {
      Map<String, Object> layer = new LinkedHashMap<>();
      layer.put("layer", block);
      layer.putAll(MemoryUse.figures(report));
      layer.put("heads", report.heads().stream().map(MemoryUse::figures).toList());
      layer.put(
          "mostUsed",
          read.slots.getOrDefault(block, List.of()).stream().map(Inspect::figures).toList());
      layers.add(layer);
    });
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("model", model.toString());
    figures.put("lines", text.lines().size());
    figures.put("tokens", text.lines().tokens());
    figures.put("layers", layers);
    figures.put("report", out.resolve("usage.html").toString());
    return figures;
  }

  private static Map<String, Object> figures(SlotUse slot) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("slot", slot.slot());
    figures.put("share", slot.share());
    figures.put("reads", slot.reads());
    figures.put("readers", slot.readers()); // a record's components are its keys
    return figures;
  }

  private static Table table(Map<Integer, UsageReport> use) {
    List<List<Cell>> rows = new ArrayList<>();
    use.forEach((block, report) -> {
      rows.add(row("layer " + block, report));
      for (int head = 0; head < report.heads().size(); head++) {
        rows.add(row("  head " + head, report.heads().get(head)));
      }
    });
    List<Table.Column> columns = new ArrayList<>(List.of(Table.Column.text("")));
    for (String name : new String[] {"used", "ceiling", "top-1 used", "ceiling"}) {
      columns.add(Table.Column.number(name, "%"));
    }
    for (String name : new String[] {"KL", "KL@1", "gini", "top 50 %", "90 %", "99 %"}) {
      columns.add(Table.Column.number(name, ""));
    }
    return new Table("", columns, rows);
  }

  private static List<Cell> row(String name, UsageReport report) {
    List<Cell> row = new ArrayList<>(List.of(Cell.of(name)));
    for (double share :
        new double[] {
          report.usage(), report.usedCeiling(), report.top1Usage(), report.top1Ceiling()
        }) {
      row.add(Cell.of(String.format(Locale.ROOT, "%.2f", 100 * share)));
    }
    for (double value :
        new double[] {report.klWeight(), report.top1KlCount(), report.giniWeight()}) {
      row.add(Cell.of(String.format(Locale.ROOT, "%.3f", value)));
    }
    for (long slots :
        new long[] {report.weight().top50(), report.weight().top90(), report.weight().top99()}) {
      row.add(Cell.of(String.format(Locale.ROOT, "%,d", slots)));
    }
    return row;
  }

  private ReportPage page(Read read) {
    Map<Integer, UsageReport> use = read.use;
    UsageReport first = use.values().iterator().next();
    String verdict =
        String.format(
            Locale.ROOT,
            "%,d tokens read %,d slots: %.1f %% were used (as many random reads reach %.1f %%), and"
                + " %.1f %% were some head's heaviest (random: %.1f %%).",
            first.tokens(),
            first.slots(),
            100 * first.usage(),
            100 * first.usedCeiling(),
            100 * first.top1Usage(),
            100 * first.top1Ceiling());
    List<ReadDistribution> layers = new ArrayList<>();
    List<ReadDistribution> heads = new ArrayList<>();
    use.forEach((block, report) -> {
      layers.add(MemoryPages.distribution("layer " + block, report));
      heads.addAll(MemoryPages.heads(block, report));
    });
    return new ReportPage("Memory use of " + model.getFileName(), verdict)
        .byline(Provenance.byline())
        .heads(MemoryPages.rows(use))
        .reads(layers, heads)
        .slots(read.slots.values().stream().flatMap(List::stream).toList())
        .provenance(CommandLines.typed(spec), Provenance.facts());
  }
}
