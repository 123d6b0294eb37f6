package org.mneme.app.cli;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.app.run.ModelFiles;
import org.mneme.app.run.VocabularyReport.Source;
import org.mneme.checkpoint.VocabularyPruning;
import org.mneme.run.StopSignal;
import org.mneme.text.Tokenizer;
import org.mneme.text.VocabularyUse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Makes a small model of the tokens that some data use.
@Command(
    name = "prune",
    description = {
      "Make a small model of the tokens that some data use.",
      "Word embeddings, decoder, config.json and the tokenizer are cut to these tokens, the special"
          + " ones, and what the tokenizer needs to find them: texts of kept tokens give the same"
          + " vectors, others become smaller pieces or unknown. mneme vocabulary restore undoes it."
          + " SIGINT or SIGTERM ends the reading; nothing is written then."
    })
final class VocabularyPrune implements Callable<Integer> {
  private final Console console;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      converter = FinishedModel.class,
      description = "Folder of a model, or of the run that made it.")
  private Path model = Path.of("");

  @Mixin private VocabularyData data = new VocabularyData();

  @Mixin private final OutputFolder out = new OutputFolder();

  @Option(
      names = "--keep-most",
      paramLabel = "N",
      description = "Of the used tokens keep only the N most frequent (default: all).")
  private @Nullable Integer keepMost;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  VocabularyPrune(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (keepMost != null && keepMost < 1) {
      throw InvalidInputException.config(
          "--keep-most", keepMost + " leaves no token; keep at least 1");
    }
    out.requireFree(model);
    VocabularyUse use = new VocabularyUse(ModelFiles.config(model).vocabulary());
    StopSignal stop = new StopSignal(() -> console.note("Stopping"));
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      List<Source> sources =
          new CountedData(console, data, tokenizer, use.vocabulary(), stop).sources();
      sources.forEach(source -> use.add(source.use()));
    }
    if (stop.getAsBoolean()) {
      console.note("Stopped; nothing was written");
      return ExitCode.STOPPED;
    }
    BitSet used = new BitSet();
    for (int id : use.mostFrequent(keepMost == null ? use.vocabulary() : keepMost)) {
      used.set(id);
    }
    tell(use, VocabularyPruning.prune(model, used, out.path()));
    return ExitCode.OK;
  }

  private void tell(VocabularyUse use, VocabularyPruning.Result result) {
    int kept = result.kept().size();
    long covered = result.kept().ids().mapToLong(use::count).sum();
    double share = (double) covered / use.tokens();
    if (json) {
      Map<String, Object> figures = new LinkedHashMap<>();
      figures.put("model", model.toString());
      figures.put("out", out.path().toString());
      figures.put("vocabulary", result.kept().all());
      figures.put("used", use.used().cardinality());
      figures.put("kept", kept);
      figures.put("tokens", use.tokens());
      figures.put("covered", share);
      figures.put("bytesBefore", result.bytesBefore());
      figures.put("bytes", result.bytes());
      console.json(figures);
    } else {
      console.result(
          String.format(
              Locale.ROOT,
              "%s: %,d of %,d tokens (%.1f %%), which are %.2f %% of the data; weights %.1f MB,"
                  + " were %.1f MB",
              out.path(),
              kept,
              result.kept().all(),
              100.0 * kept / result.kept().all(),
              100 * share,
              result.bytes() / 1e6,
              result.bytesBefore() / 1e6));
    }
  }
}
