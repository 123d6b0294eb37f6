package org.mneme.model;

import org.jspecify.annotations.Nullable;
import org.mneme.model.BertConfig.Family;

/// What Hugging Face computes in a head of a family, and what its tensors are called there.
///
/// @param dense the layer of the model's width before the output, null for none
/// @param squash what follows it
/// @param drops what is dropped in training
/// @param output the last layer
record HeadLayout(@Nullable String dense, Squash squash, Drops drops, String output) {
  /// The function behind the dense layer.
  enum Squash {
    TANH,
    RELU
  }

  /// The places of dropout.
  enum Drops {
    NOWHERE,
    BEFORE_OUTPUT,
    BEFORE_EACH_LAYER
  }

  private static final String POOLER = "pooler.dense";
  private static final String CLASSIFIER = "classifier";

  static HeadLayout of(Family family, TaskKind kind) {
    return switch (kind) {
      case SEQUENCE ->
          switch (family) {
            case BERT, DISTILBERT -> ofFirstToken(family);
            case ROBERTA ->
                new HeadLayout(
                    "classifier.dense",
                    Squash.TANH,
                    Drops.BEFORE_EACH_LAYER,
                    "classifier.out_proj");
          };
      case CHOICE -> ofFirstToken(family);
      case TOKEN -> new HeadLayout(null, Squash.TANH, Drops.BEFORE_OUTPUT, CLASSIFIER);
      case QUESTION ->
          new HeadLayout(
              null,
              Squash.TANH,
              family == Family.DISTILBERT ? Drops.BEFORE_OUTPUT : Drops.NOWHERE,
              "qa_outputs");
    };
  }

  private static HeadLayout ofFirstToken(Family family) {
    return switch (family) {
      case BERT, ROBERTA ->
          new HeadLayout(
              family.basePrefix() + POOLER, Squash.TANH, Drops.BEFORE_OUTPUT, CLASSIFIER);
      case DISTILBERT ->
          new HeadLayout("pre_classifier", Squash.RELU, Drops.BEFORE_OUTPUT, CLASSIFIER);
    };
  }

  /// Whether the dense layer is the encoder's pooler, which its other heads share.
  boolean hasPooler() {
    return dense != null && dense.endsWith(POOLER);
  }

  /// Whether `name` is a tensor of the head alone.
  boolean isHead(String name) {
    return name.startsWith(output + ".")
        || (dense != null && !hasPooler() && name.startsWith(dense + "."));
  }
}
