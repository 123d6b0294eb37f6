package org.mneme.run;

import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.KeepConfig;
import org.mneme.config.Described;
import org.mneme.data.BatchesConfig;
import org.mneme.data.DataConfig;
import org.mneme.model.NewModelConfig;
import org.mneme.tensor.Precision;
import org.mneme.train.ObjectiveConfig;
import org.mneme.train.OptimizerConfig;
import org.mneme.train.TrainConfig;

/// All settings of a training run: what `mneme train` reads, prints, and stores in the run folder.
public record RunConfig(
    @Described(value = "Decides batches, masks, dropout and fresh weights.", usual = "1") long seed,
    @Described("The model.") ModelConfig model,
    @Described(
            value = "In what products of matrices are computed; medium needs matrix units (AMX).",
            usual = "float32")
        Precision precision,
    @Described("What is read, and how it becomes batches.") DataConfig data,
    @Described(value = "What the model is trained towards.", usual = "masked")
        ObjectiveConfig objective,
    @Described("How training goes on, and when it ends.") TrainConfig train,
    @Described("How gradients become steps.") OptimizerConfig optimizer,
    @Described("When checkpoints are saved, and which of them stay.") KeepConfig checkpoint,
    @Described("Run folder; absent: mneme train --out names it.") @Nullable String out) {

  /// Checks what one part asks of another.
  public RunConfig {
    if (data.train().isEmpty()) {
      throw InvalidInputException.config(
          "data.train", "names nothing to train on; give files, folders or globs");
    }
    train.stop().requireLimit();
    boolean heldOut = !data.dev().isEmpty() || objective instanceof ObjectiveConfig.Facts;
    if (!heldOut && train.evaluateEvery() > 0) {
      throw InvalidInputException.config(
          "train.evaluateEvery", "needs held-out text to evaluate on; give data.dev");
    }
    if (!heldOut && checkpoint.keepBest() != null) {
      throw InvalidInputException.config(
          "checkpoint.keepBest", "needs held-out text to tell what is best; give data.dev");
    }
    switch (objective) {
      case ObjectiveConfig.Task _ -> requireFitsTask("task", model, data, train);
      case ObjectiveConfig.Facts _ -> requireFitsTask("facts", model, data, train);
      case ObjectiveConfig.Masked _, ObjectiveConfig.Causal _ -> {}
    }
    requireFits(model, objective);
  }

  /// The same in another run folder; null for none.
  public RunConfig withOut(@Nullable String folder) {
    return new RunConfig(
        seed, model, precision, data, objective, train, optimizer, checkpoint, folder);
  }

  /// The same with another seed.
  public RunConfig withSeed(long other) {
    return new RunConfig(
        other, model, precision, data, objective, train, optimizer, checkpoint, out);
  }

  /// What is learnt example by example, by a model that can read.
  private static void requireFitsTask(
      String type, ModelConfig model, DataConfig data, TrainConfig train) {
    if (model.architecture() != null) {
      throw InvalidInputException.config(
          "objective.type",
          type
              + " needs a model that has read texts before; give model.path, such as the final"
              + " folder of a run with objective masked");
    }
    if (data.batches().layout() != BatchesConfig.Layout.LINES) {
      throw InvalidInputException.config(
          "data.batches.layout", "these examples are rows of their own; take lines");
    }
    if (Stream.concat(data.train().stream(), data.dev().stream())
        .anyMatch(source -> source.weight() != 1)) {
      throw InvalidInputException.config(
          "data.train.weight", "these examples are all taken once; leave weights out");
    }
    if (train.labelSmoothing() != 0) {
      throw InvalidInputException.config(
          "train.labelSmoothing",
          train.labelSmoothing() + " is for language models; leave it out for a task");
    }
  }

  private static void requireFits(ModelConfig model, ObjectiveConfig objective) {
    boolean causal =
        switch (objective) {
          case ObjectiveConfig.Causal _, ObjectiveConfig.Facts _ -> true;
          case ObjectiveConfig.Masked _, ObjectiveConfig.Task _ -> false;
        };
    NewModelConfig architecture = model.architecture();
    if (architecture != null && causal != architecture.causal()) {
      throw InvalidInputException.config(
          "objective.type",
          causal
              ? "causal does not fit an encoder; take masked, or model.new.type gpt2 or"
                  + " transformer-xl"
              : "masked does not fit a causal model; take causal, or another model.new.type");
    }
  }
}
