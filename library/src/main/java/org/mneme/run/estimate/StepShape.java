package org.mneme.run.estimate;

import java.util.List;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.BertConfig;
import org.mneme.model.Gpt2Config;
import org.mneme.model.LlamaConfig;
import org.mneme.model.ModelTensors;
import org.mneme.model.TransformerXlConfig;
import org.mneme.run.RunConfig;
import org.mneme.tensor.PlannedTensor;
import org.mneme.tensor.PlannedTensor.Kind;
import org.mneme.tensor.Precision;
import org.mneme.train.TrainConfig;

/// The sizes that decide what a batch takes.
///
/// @param dropsHidden whether vectors drop out, so that masks for them are kept
/// @param dropsAttention whether attention weights do
/// @param recomputes whether blocks are computed again in the backward pass
/// @param decodes whether the decoder of words is trained
/// @param recordedFrom the first block that keeps something for the backward pass
/// @param evaluators batches that an evaluation has under way at a time, 0 without evaluations
record StepShape(
    ArchitectureConfig model,
    BatchSize batch,
    boolean dropsHidden,
    boolean dropsAttention,
    boolean recomputes,
    boolean decodes,
    int recordedFrom,
    int evaluators,
    Precision precision) {

  /// The largest batch that `config` allows.
  static StepShape of(RunConfig config, ArchitectureConfig model, List<PlannedTensor> tensors) {
    BatchSize batch = BatchSize.of(config, model);
    return new StepShape(
        model,
        batch,
        switch (model) {
          case BertConfig bert -> bert.hiddenDropout() > 0;
          case Gpt2Config gpt2 -> gpt2.dropout().residual() > 0;
          case LlamaConfig _ -> false;
          case TransformerXlConfig xl -> xl.dropout().hidden() > 0;
        },
        switch (model) {
          case BertConfig bert -> bert.attentionDropout() > 0;
          case Gpt2Config gpt2 -> gpt2.dropout().attention() > 0;
          case LlamaConfig llama -> llama.attention().dropout() > 0;
          case TransformerXlConfig xl -> xl.dropout().attention() > 0;
        },
        config.train().gradientCheckpointing(),
        batch.targets() > 0 && config.train().trains(tensors.getFirst().name()),
        recordedFrom(model, tensors, config.train()),
        config.data().dev().isEmpty() ? 0 : Runtime.getRuntime().availableProcessors(),
        config.precision());
  }

  /// Gradients flow down to the lowest tensor that is trained; a memory's stay in its layer where
  /// nothing below is trained.
  private static int recordedFrom(
      ArchitectureConfig model, List<PlannedTensor> tensors, TrainConfig train) {
    int first = model.layers();
    for (PlannedTensor tensor : tensors) {
      String name = tensor.name();
      if (tensor.kind() != Kind.BUFFER && train.trains(name)) {
        int block = ModelTensors.block(model, name);
        if (block >= 0) {
          first = Math.min(first, name.contains(".memory.") ? block + 1 : block);
        } else if (ModelPart.embeds(name)) {
          first = 0;
        }
      }
    }
    return first;
  }

  /// The same with batches of so many tokens.
  StepShape withTokens(long other) {
    return new StepShape(
        model,
        batch.withTokens(other),
        dropsHidden,
        dropsAttention,
        recomputes,
        decodes,
        recordedFrom,
        evaluators,
        precision);
  }

  long tokens() {
    return batch.tokens();
  }

  long targets() {
    return batch.targets();
  }

  long dim() {
    return model.dim();
  }

  long feedForward() {
    return switch (model) {
      case BertConfig bert -> bert.feedForwardDim();
      case Gpt2Config gpt2 -> gpt2.feedForwardDim();
      case LlamaConfig llama -> 2L * llama.feedForwardDim(); // gate, its activation, up, product
      case TransformerXlConfig xl -> xl.feedForwardDim();
    };
  }

  long heads() {
    return model.heads();
  }

  /// Attention scores of a block, all heads together.
  long scores() {
    return tokens() * batch.length() * heads();
  }
}
