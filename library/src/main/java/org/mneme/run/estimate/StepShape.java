package org.mneme.run.estimate;

import org.mneme.data.BatchesConfig;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.BertConfig;
import org.mneme.model.Gpt2Config;
import org.mneme.run.RunConfig;
import org.mneme.run.RunModel;
import org.mneme.tensor.Precision;
import org.mneme.train.ObjectiveConfig;

/// The sizes that decide what a batch takes.
///
/// @param tokens in a batch, padding included
/// @param length of its rows at most
/// @param targets that the head runs for
/// @param dropsHidden whether vectors drop out, so that masks for them are kept
/// @param dropsAttention whether attention weights do
/// @param recomputes whether blocks are computed again in the backward pass
record StepShape(
    ArchitectureConfig model,
    long tokens,
    long length,
    long targets,
    boolean dropsHidden,
    boolean dropsAttention,
    boolean recomputes,
    Precision precision) {

  /// The largest batch that `config` allows.
  static StepShape of(RunConfig config, ArchitectureConfig model) {
    BatchesConfig batches = config.data().batches();
    long tokens = batches.tokensPerBatch();
    long targets =
        switch (config.objective()) {
          case ObjectiveConfig.Masked masked -> Math.round(tokens * masked.probability());
          case ObjectiveConfig.Causal _ -> tokens;
        };
    return new StepShape(
        model,
        tokens,
        RunModel.maxLength(config, model),
        targets,
        switch (model) {
          case BertConfig bert -> bert.hiddenDropout() > 0;
          case Gpt2Config gpt2 -> gpt2.dropout().residual() > 0;
        },
        switch (model) {
          case BertConfig bert -> bert.attentionDropout() > 0;
          case Gpt2Config gpt2 -> gpt2.dropout().attention() > 0;
        },
        config.train().gradientCheckpointing(),
        config.precision());
  }

  /// The same with batches of so many tokens.
  StepShape withTokens(long other) {
    return new StepShape(
        model,
        other,
        length,
        Math.max(1, Math.round((double) targets * other / tokens)),
        dropsHidden,
        dropsAttention,
        recomputes,
        precision);
  }

  long dim() {
    return model.dim();
  }

  long feedForward() {
    return switch (model) {
      case BertConfig bert -> bert.feedForwardDim();
      case Gpt2Config gpt2 -> gpt2.feedForwardDim();
    };
  }

  long heads() {
    return switch (model) {
      case BertConfig bert -> bert.heads();
      case Gpt2Config gpt2 -> gpt2.heads();
    };
  }

  /// Attention scores of a block, all heads together.
  long scores() {
    return tokens * length * heads();
  }
}
