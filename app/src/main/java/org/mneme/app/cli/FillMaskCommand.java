package org.mneme.app.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.mneme.InvalidInputException;
import org.mneme.app.run.ModelFiles;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.generate.FillMask;
import org.mneme.generate.FillMask.Proposal;
import org.mneme.text.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Proposes words for a mask.
@Command(name = "fill-mask", description = "Propose words for the masks of a text.")
final class FillMaskCommand implements Callable<Integer> {
  private final Console console;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      converter = FinishedModel.class,
      description = "Folder of a model, or of the run that made it.")
  private Path model = Path.of("");

  @Parameters(paramLabel = "TEXT", description = "A text with one or more [MASK].")
  private String text = "";

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "Proposals for each mask (default: ${DEFAULT-VALUE}).")
  private int top = 5;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  FillMaskCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (top < 1) {
      throw InvalidInputException.config("--top", top + " must be at least 1");
    }
    try (PretrainedModel loaded = ModelFiles.load(model, console);
        Tokenizer tokenizer = Tokenizer.load(model)) {
      List<List<Proposal>> masks =
          new FillMask(loaded.maskedLanguageModel(), tokenizer).fill(text, top);
      if (json) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("text", text);
        result.put("masks", masks);
        console.json(result);
      } else {
        print(masks);
      }
    }
    return ExitCode.OK;
  }

  private void print(List<List<Proposal>> masks) {
    for (int mask = 0; mask < masks.size(); mask++) {
      if (masks.size() > 1) {
        console.result("mask " + (mask + 1));
      }
      for (Proposal proposal : masks.get(mask)) {
        console.result(
            String.format(
                Locale.ROOT,
                "%6.2f %%  %-16s  %s",
                100 * proposal.score(),
                proposal.token(),
                proposal.sequence()));
      }
    }
  }
}
