package org.mneme.run;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.ModelFolder;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.BatchesConfig;
import org.mneme.data.CausalBatches;
import org.mneme.data.Corpus;
import org.mneme.data.MaskedBatches;
import org.mneme.data.Masker;
import org.mneme.data.task.FactBatches;
import org.mneme.data.task.FactRows;
import org.mneme.data.task.TaskBatches;
import org.mneme.data.task.TaskFeatures;
import org.mneme.evaluate.CausalEvaluation;
import org.mneme.evaluate.FactsEvaluation;
import org.mneme.evaluate.MaskedEvaluation;
import org.mneme.evaluate.TaskEvaluation;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.BertEncoder;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.CausalTransformer;
import org.mneme.model.CausalTransformer.Split;
import org.mneme.model.KeptWords;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.model.TaskModel;
import org.mneme.model.TransformerXl;
import org.mneme.tensor.Randomness;
import org.mneme.text.Tokenizer;
import org.mneme.train.BlockOutputs;
import org.mneme.train.CausalObjective;
import org.mneme.train.CrossEntropy;
import org.mneme.train.FactsObjective;
import org.mneme.train.MaskedObjective;
import org.mneme.train.Objective;
import org.mneme.train.ObjectiveConfig;
import org.mneme.train.TaskObjective;

/// What a run's model is asked to do: in training, and on held-out text.
///
/// @param objective of the training batches
/// @param evaluation measures the model as it is now on held-out text; null without any
public record RunTask(Objective objective, @Nullable Evaluation evaluation) {
  private static final long WHITENED = 0x77686974;

  /// A measure of a model.
  public interface Evaluation {
    /// The figures of the model as it is now by name, `loss` first.
    Map<String, Double> metrics();
  }

  /// The task that `config` describes, for a model that fits it.
  ///
  /// @param data what `config` names, opened
  /// @throws InvalidInputException of kind CONFIG where model and objective do not fit
  public static RunTask of(
      RunConfig config, PretrainedModel model, Tokenizer tokenizer, RunData data) {
    requireFits(config, model.config());
    return switch (data) {
      case RunData.Texts texts -> of(config, model, tokenizer, texts);
      case LabelledData examples -> of(config, model.taskModel(), tokenizer.padId(), examples);
      case FactsData facts -> of(config, model.causalLanguageModel(), facts);
    };
  }

  private static RunTask of(RunConfig config, TaskModel model, int padId, LabelledData examples) {
    ObjectiveConfig.Task task = examples.task();
    var batches = new TaskBatches(examples.train(), padId, task.batch(), config.seed());
    TaskFeatures dev = examples.dev();
    if (dev == null) {
      return new RunTask(new TaskObjective(model, batches), null);
    }
    var held = new TaskBatches(dev, padId, task.batch(), config.seed());
    return new RunTask(
        new TaskObjective(model, batches),
        () -> TaskEvaluation.evaluate(model, dev, held, task.answers()).metrics());
  }

  /// The evaluation asks for the facts that are taught, and for those of `data.dev`.
  private static RunTask of(RunConfig config, CausalLanguageModel model, FactsData facts) {
    FactRows train = facts.train();
    FactRows dev = facts.dev();
    BlockOutputs below =
        switch (model.base()) {
          case CausalTransformer base -> below(config, base, train);
          case TransformerXl _, BertEncoder _ ->
              throw InvalidInputException.config(
                  "objective.type", "facts is for GPT-2s and Llamas; take causal");
        };
    var batches = new FactBatches(train, facts.objective().batch(), config.seed());
    return new RunTask(
        new FactsObjective(
            model,
            batches,
            below,
            facts.objective().whitenQueries()
                ? OptionalLong.of(Randomness.derive(config.seed(), WHITENED))
                : OptionalLong.empty()),
        () -> {
          Map<String, Double> metrics =
              new LinkedHashMap<>(FactsEvaluation.evaluate(model, train, below).metrics());
          if (dev != null) {
            FactsEvaluation.evaluate(model, dev)
                .metrics()
                .forEach((name, value) -> metrics.put("other." + name, value));
          }
          return metrics;
        });
  }

  private static @Nullable BlockOutputs below(
      RunConfig config, CausalTransformer base, FactRows rows) {
    Optional<Split> split = base.split(config.train()::trains);
    if (split.isEmpty() || base.config().dropsOut() || base.config().crossHead() > 0) {
      return null;
    }
    String out = config.out();
    return BlockOutputs.of(
        base,
        split.get(),
        IntStream.range(0, rows.size()).mapToObj(rows::ids).toList(),
        Path.of(out == null ? System.getProperty("java.io.tmpdir") : out));
  }

  private static RunTask of(
      RunConfig config, PretrainedModel model, Tokenizer tokenizer, RunData.Texts texts) {
    Corpus train = texts.train();
    Corpus dev = texts.dev();
    BatchesConfig batches =
        config.data().batches().withMaxLength(RunModel.maxLength(config, model.config()));
    return switch (config.objective()) {
      case ObjectiveConfig.Masked masked ->
          masked(config, masked, model.maskedLanguageModel(), tokenizer, batches, train, dev);
      case ObjectiveConfig.Causal next ->
          causal(config, next, model.causalLanguageModel(), tokenizer, batches, train, dev);
      case ObjectiveConfig.Task _, ObjectiveConfig.Facts _ ->
          throw new IllegalArgumentException("tasks and facts are learnt from other data");
    };
  }

  /// Throws where the objective of `config` does not fit the model of the folder that it names, or
  /// there is none: what can be said before texts are read.
  public static void requireFits(RunConfig config) {
    String path = config.model().path();
    if (path != null) {
      requireFits(config, ModelFolder.architecture(Path.of(path)));
    }
  }

  private static void requireFits(RunConfig config, ArchitectureConfig model) {
    switch (config.objective()) {
      case ObjectiveConfig.Masked _ ->
          require(!model.causal(), "masked", "a causal model; take causal");
      case ObjectiveConfig.Causal _ -> require(model.causal(), "causal", "an encoder; take masked");
      case ObjectiveConfig.Facts _ -> require(model.causal(), "facts", "an encoder; take masked");
      case ObjectiveConfig.Task _ ->
          require(!model.causal(), "task", "a causal model; take causal");
    }
  }

  private static void require(boolean fits, String type, String what) {
    if (!fits) {
      throw InvalidInputException.config(
          "objective.type", type + " does not fit " + what + ", or another model");
    }
  }

  private static CrossEntropy entropy(RunConfig config) {
    return new CrossEntropy(config.train().labelSmoothing());
  }

  private static RunTask masked(
      RunConfig config,
      ObjectiveConfig.Masked settings,
      MaskedLanguageModel model,
      Tokenizer tokenizer,
      BatchesConfig batches,
      Corpus train,
      @Nullable Corpus dev) {
    long seed = config.seed();
    KeptWords kept = model.config().keptWords();
    Masker whole = Masker.of(settings.masking(), tokenizer);
    Masker masker = kept == null || kept.pagesIn() ? whole : whole.within(kept.rows());
    var exercises = MaskedBatches.of(train, batches, masker, tokenizer, seed);
    var objective =
        new MaskedObjective(model, exercises, settings.maskings(), seed, entropy(config));
    if (dev == null) {
      return new RunTask(objective, null);
    }
    var held = MaskedBatches.of(dev, batches, masker, tokenizer, seed);
    return new RunTask(objective, () -> MaskedEvaluation.evaluate(model, held.inOrder()).metrics());
  }

  private static RunTask causal(
      RunConfig config,
      ObjectiveConfig.Causal settings,
      CausalLanguageModel model,
      Tokenizer tokenizer,
      BatchesConfig batches,
      Corpus train,
      @Nullable Corpus dev) {
    var texts = CausalBatches.of(train, batches, tokenizer, config.seed());
    var objective = new CausalObjective(model, texts, settings, entropy(config));
    if (dev == null) {
      return new RunTask(objective, null);
    }
    var held = CausalBatches.of(dev, batches, tokenizer, config.seed());
    return new RunTask(objective, () -> CausalEvaluation.evaluate(model, held.inOrder()).metrics());
  }
}
