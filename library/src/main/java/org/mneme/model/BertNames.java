package org.mneme.model;

import org.mneme.model.BertConfig.Family;

/// What Hugging Face calls the tensors of a family; those of a block stand behind the block's
/// prefix.
///
/// @param blocks what the numbers of the blocks stand behind
/// @param decoder of the masked-LM head, the bias apart
/// @param bias of the decoder
record BertNames(
    String blocks,
    String query,
    String key,
    String value,
    String attentionOutput,
    String attentionNorm,
    String inner,
    String outer,
    String outputNorm,
    String headDense,
    String headNorm,
    String decoder,
    String bias) {

  static BertNames of(Family family) {
    return switch (family) {
      case BERT ->
          bert(
              "cls.predictions.transform.dense",
              "cls.predictions.transform.LayerNorm",
              "cls.predictions.decoder",
              "cls.predictions.bias");
      case ROBERTA ->
          bert("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias");
      case DISTILBERT ->
          new BertNames(
              "transformer.layer.",
              "attention.q_lin",
              "attention.k_lin",
              "attention.v_lin",
              "attention.out_lin",
              "sa_layer_norm",
              "ffn.lin1",
              "ffn.lin2",
              "output_layer_norm",
              "vocab_transform",
              "vocab_layer_norm",
              "vocab_projector",
              "vocab_projector.bias");
    };
  }

  private static BertNames bert(String headDense, String headNorm, String decoder, String bias) {
    return new BertNames(
        "encoder.layer.",
        "attention.self.query",
        "attention.self.key",
        "attention.self.value",
        "attention.output.dense",
        "attention.output.LayerNorm",
        "intermediate.dense",
        "output.dense",
        "output.LayerNorm",
        headDense,
        headNorm,
        decoder,
        bias);
  }

  /// Whether `name` is a tensor of a masked-LM head, of whichever family.
  static boolean isHead(String name) {
    return name.startsWith("cls.predictions.")
        || name.startsWith("lm_head.")
        || name.startsWith("vocab_");
  }
}
