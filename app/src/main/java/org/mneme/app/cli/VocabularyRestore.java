package org.mneme.app.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.mneme.checkpoint.VocabularyPruning;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Gives a pruned model its whole vocabulary back.
@Command(
    name = "restore",
    description = {
      "Give a model that mneme vocabulary prune made its whole vocabulary back.",
      "Its rows, trained since or not, go to their old places; the others, and the tokenizer, are"
          + " those of the model that it was made from."
    })
final class VocabularyRestore implements Callable<Integer> {
  private final Console console;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "Pruned model folder.")
  private Path model = Path.of("");

  @Option(
      names = "--base",
      required = true,
      paramLabel = "DIR",
      description = "Model folder that it was made from.")
  private Path base = Path.of("");

  @Mixin private final OutputFolder out = new OutputFolder();

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  VocabularyRestore(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    out.requireFree(model, base);
    VocabularyPruning.Result result = VocabularyPruning.restore(model, base, out.path());
    if (json) {
      Map<String, Object> figures = new LinkedHashMap<>();
      figures.put("model", model.toString());
      figures.put("base", base.toString());
      figures.put("out", out.path().toString());
      figures.put("vocabulary", result.kept().all());
      figures.put("kept", result.kept().size());
      figures.put("bytes", result.bytes());
      console.json(figures);
    } else {
      console.result(
          String.format(
              Locale.ROOT,
              "%s: %,d tokens, %,d of them from %s; weights %.1f MB",
              out.path(),
              result.kept().all(),
              result.kept().size(),
              model,
              result.bytes() / 1e6));
    }
    return ExitCode.OK;
  }
}
