package org.mneme.app.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.app.run.Figures;
import org.mneme.app.run.ModelFiles;
import org.mneme.app.run.TextSet;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.SourceConfig;
import org.mneme.data.source.SourceReader;
import org.mneme.data.task.Target;
import org.mneme.data.task.TaskReader;
import org.mneme.evaluate.CausalEvaluation;
import org.mneme.evaluate.MaskedEvaluation;
import org.mneme.evaluate.MinimalPairs;
import org.mneme.evaluate.TextStream;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.HeadConfig;
import org.mneme.model.LanguageModel;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.text.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Measures how well a model fills masks, guesses next tokens, or answers as labelled examples do.
@Command(
    name = "evaluate",
    description = {
      "Measure a model with a task head on labelled examples, or a language model on text.",
      "A task head answers, and the metrics of its task say how well. A causal model guesses each"
          + " token of a line from those before it, or reads the lines as one text (--stream),"
          + " which a transformer-xl always does; with --task minimal-pairs it tells which of two"
          + " sentences (columns sentence_good and sentence_bad) is more likely. Others fill masks,"
          + " which are drawn from the seed: the same seed and text give the same masks for every"
          + " model of a vocabulary."
    })
final class Evaluate implements Callable<Integer> {
  private final Console console;
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      converter = FinishedModel.class,
      description = "Folder of a model, or of the run that made it.")
  private Path model = Path.of("");

  @Option(
      names = {"--data", "--text"},
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description =
          "Labelled examples (tsv, csv, jsonl, parquet, CoNLL, SQuAD's JSON), or text, an example a"
              + " line: files, globs in quotes, or folders.")
  private List<String> data = List.of();

  @Option(
      names = "--task",
      paramLabel = "TASK",
      converter = TaskNames.Measured.class,
      completionCandidates = TaskNames.Measured.class,
      description = "${COMPLETION-CANDIDATES} (default: what the model does).")
  private @Nullable String task;

  @Mixin private final MaskingOptions masking = new MaskingOptions();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of the masks (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Mixin private final StreamOptions stream = new StreamOptions();

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  @Mixin private final LabelledOptions options = new LabelledOptions();

  Evaluate(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Optional<HeadConfig> head = TaskFolder.find(model);
    if (head.isPresent()) {
      TaskFolder.requireTask(model, head.get(), task);
      stream.requireNoneForExamples();
      CommandLines.refuse(
          spec, List.of("--seed", "--mask-probability", "--whole-word"), "no masks are drawn here");
      new TaskFigures(console, options, json).print(model, data);
    } else {
      printLanguageModel();
    }
    return ExitCode.OK;
  }

  private void printLanguageModel() {
    boolean isCausal = ModelFiles.config(model).causal();
    String own = isCausal ? TaskNames.CAUSAL : TaskNames.MASKED;
    boolean pairs = isCausal && TaskNames.MINIMAL_PAIRS.equals(task);
    if (task != null && !task.equals(own) && !pairs) {
      throw InvalidInputException.config(
          "--task",
          "%s, but %s has no head for it, it is a %s language model; fine-tune it first, or leave"
                  .formatted(task, model, own)
              + " --task out");
    }
    try (PretrainedModel loaded = ModelFiles.load(model, console);
        Tokenizer tokenizer = Tokenizer.load(model)) {
      LanguageModel language = loaded.languageModel();
      if (pairs && language instanceof CausalLanguageModel causal) {
        stream.requireNoneForExamples();
        printPairs(causal, tokenizer);
        return;
      }
      if (isCausal) {
        CommandLines.refuse(
            spec, List.of("--mask-probability", "--whole-word"), "a causal model fills no masks");
      }
      CommandLines.refuse(spec, LabelledOptions.NAMES, "a language model is asked about texts");
      boolean oneText =
          language instanceof CausalLanguageModel causal && stream.isOneText(causal.config());
      SourceConfig.Documents documents = stream.documents(model, oneText);
      List<SourceConfig> sources =
          data.stream().map(file -> options.text(file).withDocuments(documents)).toList();
      if (oneText && language instanceof CausalLanguageModel causal) {
        printStream(causal, TextStream.of(tokenizer, texts(sources)), documents);
        return;
      }
      stream.requireNone();
      CommandLines.refuse(
          spec,
          List.of("--stride", "--batch-size"),
          "lines are read one by one, each cut at the end");
      int longest = options.rows().maxLength(loaded.config().maxTokens());
      TextSet text = TextSet.read(tokenizer, sources, options.badRecords(), longest);
      MaskedEvaluation.Score score = score(language, text);
      if (json) {
        console.json(fields(own, score, metrics(language, text, score), text.lines().size()));
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
  }

  private List<String> texts(List<SourceConfig> sources) {
    List<String> texts = SourceReader.texts(sources, options.badRecords());
    if (texts.isEmpty()) {
      String names = String.join(", ", data);
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA, names, names + ": no text; give files with some");
    }
    return texts;
  }

  /// Two sentences a record, the good one first.
  private void printPairs(CausalLanguageModel causal, Tokenizer tokenizer) {
    List<MinimalPairs.Pair> pairs = new ArrayList<>();
    var unused =
        TaskReader.sequences(
                data.stream().map(options::source).toList(), options.pairs(), Target.Kind.LABEL)
            .telling(console::note)
            .read(example ->
                pairs.add(
                    new MinimalPairs.Pair(example.text(), Objects.requireNonNull(example.pair()))));
    int longest = options.rows().maxLength(causal.config().maxTokens());
    MinimalPairs.Result result = MinimalPairs.evaluate(causal, tokenizer, pairs, longest);
    if (json) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("task", TaskNames.MINIMAL_PAIRS);
      fields.put("metrics", Map.of("accuracy", result.accuracy()));
      fields.put("examples", result.pairs());
      fields.put("seconds", result.seconds());
      console.json(fields);
      return;
    }
    console.result(
        String.format(
            Locale.ROOT,
            "accuracy %.4f  (%,d of %,d pairs, %.1f s)",
            result.accuracy(),
            result.right(),
            result.pairs(),
            result.seconds()));
  }

  /// Every token of all documents once.
  private void printStream(
      CausalLanguageModel causal, TextStream text, SourceConfig.Documents documents) {
    MaskedEvaluation.Score score = stream.score(causal, text, options.rows());
    Map<String, Double> metrics = text.size().metrics(score);
    if (json) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("task", TaskNames.CAUSAL);
      fields.put("metrics", Figures.defined(metrics));
      fields.putAll(Figures.defined(metrics));
      fields.put("documents", documents.name().toLowerCase(Locale.ROOT).replace('_', '-'));
      fields.put("seconds", score.seconds());
      console.json(fields);
      return;
    }
    console.result(
        String.format(
            Locale.ROOT,
            "loss %.4f  perplexity %.2f  word perplexity %.2f  bits per character %.4f  per byte"
                + " %.4f  accuracy %.2f %%  (%,d tokens, %,d words, %,d characters, %.1f s)",
            score.loss(),
            score.perplexity(),
            metrics.get("wordPerplexity"),
            metrics.get("bitsPerCharacter"),
            metrics.get("bitsPerByte"),
            100 * score.accuracy(),
            score.targets(),
            text.size().words(),
            text.size().characters(),
            score.seconds()));
  }

  /// The metrics, as of task heads, and each by itself, as earlier builds had them.
  private Map<String, Object> fields(
      String own, MaskedEvaluation.Score score, Map<String, Double> metrics, int lines) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("task", own);
    fields.put("metrics", Figures.defined(metrics));
    fields.put("examples", lines);
    fields.put("seconds", score.seconds());
    fields.put("seed", seed);
    fields.putAll(Figures.defined(metrics));
    fields.put("targets", score.targets());
    fields.put("tokens", score.tokens());
    fields.put("lines", lines);
    return fields;
  }

  /// Of a causal model also those by characters and bytes.
  private static Map<String, Double> metrics(
      LanguageModel model, TextSet text, MaskedEvaluation.Score score) {
    return switch (model) {
      case MaskedLanguageModel _ -> score.metrics();
      case CausalLanguageModel _ -> text.guessed().metrics(score);
    };
  }

  private MaskedEvaluation.Score score(LanguageModel model, TextSet text) {
    return switch (model) {
      case MaskedLanguageModel masked ->
          MaskedEvaluation.evaluate(masked, text.evaluation(masking.masking(), seed).inOrder());
      case CausalLanguageModel causal ->
          CausalEvaluation.evaluate(causal, text.nextTokens().inOrder());
    };
  }
}
