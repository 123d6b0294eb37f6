package org.mneme.app.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.mneme.app.run.ModelFiles;
import org.mneme.app.run.TextSet;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.MaskedBatch;
import org.mneme.evaluate.MaskedEvaluation;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.LanguageModel;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.text.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Measures how well a model fills masks, or guesses next tokens.
@Command(
    name = "evaluate",
    description = {
      "Measure a language model on text.",
      "A causal model guesses each token of a line from those before it. Others fill masks, which"
          + " are drawn from the seed: the same seed and text give the same masks for every model"
          + " of a vocabulary."
    })
final class Evaluate implements Callable<Integer> {
  private final Console console;

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "Model folder.")
  private Path model = Path.of("");

  @Option(
      names = "--text",
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description = "Text files, an example a line.")
  private List<Path> texts = List.of();

  @Mixin private final MaskingOptions masking = new MaskingOptions();

  @Option(
      names = "--max-length",
      paramLabel = "TOKENS",
      description = "Cut longer lines (default: the model's limit).")
  private int maxLength = Integer.MAX_VALUE;

  @Option(names = "--seed", paramLabel = "N", description = "Seed (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  Evaluate(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    try (PretrainedModel loaded = ModelFiles.load(model, console);
        Tokenizer tokenizer = Tokenizer.load(model)) {
      LanguageModel language = loaded.languageModel();
      TextSet text =
          TextSet.read(tokenizer, texts, Math.min(maxLength, loaded.config().maxTokens()));
      MaskedEvaluation.Score score = MaskedEvaluation.evaluate(language, exercises(language, text));
      if (json) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("loss", score.loss());
        result.put("perplexity", score.perplexity());
        result.put("accuracy", score.accuracy());
        result.put("targets", score.targets());
        result.put("tokens", score.tokens());
        result.put("lines", text.lines().size());
        result.put("seed", seed);
        result.put("seconds", score.seconds());
        console.json(result);
      } else {
        console.result(
            String.format(
                Locale.ROOT,
                "loss %.4f  perplexity %.2f  accuracy %.2f %%  (%,d %s of %,d tokens in %,d"
                    + " lines, %.1f s)",
                score.loss(),
                score.perplexity(),
                100 * score.accuracy(),
                score.targets(),
                loaded.config().causal() ? "guessed" : "masked",
                score.tokens(),
                text.lines().size(),
                score.seconds()));
      }
    }
    return ExitCode.OK;
  }

  private Iterable<MaskedBatch> exercises(LanguageModel model, TextSet text) {
    return switch (model) {
      case MaskedLanguageModel masked -> text.evaluation(masking.masking(), seed).inOrder();
      case CausalLanguageModel causal -> text.nextTokens().inOrder();
    };
  }
}
