package org.mneme.app.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mneme.app.run.Provenance;
import org.mneme.app.run.VocabularyPage;
import org.mneme.app.run.VocabularyReport;
import org.mneme.checkpoint.ModelFolder;
import org.mneme.checkpoint.VocabularyTensors;
import org.mneme.report.TextTable;
import org.mneme.run.StopSignal;
import org.mneme.text.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Tells which tokens some data use.
@Command(
    name = "report",
    description = {
      "Tell which tokens of a model's vocabulary some data use.",
      "Reads what mneme prepare reads. Prints for every source how many tokens it uses, how few"
          + " make up 90, 99 and 99.9 %% of it, and what training without the others saves with"
          + " AdamW. SIGINT or SIGTERM ends the reading; the report is then of what was read, with"
          + " 75."
    })
final class VocabularyReportCommand implements Callable<Integer> {
  private final Console console;
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      converter = FinishedModel.class,
      description = "Folder of a model, or of the run that made it.")
  private Path model = Path.of("");

  @Mixin private VocabularyData data = new VocabularyData();

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write a page with curves and tokens (.html).")
  private @Nullable Path out;

  VocabularyReportCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    Path page = out;
    if (page != null) {
      data.sources().stream()
          .flatMap(source -> data.files(source).stream())
          .forEach(file -> CommandLines.requireOther(page, file.path()));
    }
    VocabularyReport report;
    try (ModelFolder folder = ModelFolder.open(model);
        Tokenizer tokenizer = Tokenizer.load(model)) {
      report = report(VocabularyTensors.of(folder), tokenizer);
      if (page != null) {
        new VocabularyPage(report, tokenizer.vocabulary())
            .page(String.valueOf(model.toAbsolutePath().normalize().getFileName()))
            .provenance(CommandLines.typed(spec), Provenance.facts())
            .write(page);
      }
    }
    if (json) {
      console.json(report.figures());
    } else {
      console.result(TextTable.format(report.table()).stripTrailing());
      console.result("\n" + report.summary());
      if (out != null) {
        console.result("Page: " + out);
      }
    }
    return report.stopped() ? ExitCode.STOPPED : ExitCode.OK;
  }

  private VocabularyReport report(VocabularyTensors rows, Tokenizer tokenizer) {
    StopSignal stop = new StopSignal(() -> console.note("Stopping"));
    var counting = new CountedData(console, data, tokenizer, rows.vocabulary(), stop);
    List<VocabularyReport.Source> sources = new ArrayList<>(counting.sources());
    return new VocabularyReport(
        model.toString(), rows, tokenizer.alwaysKept(), sources, stop.getAsBoolean());
  }
}
