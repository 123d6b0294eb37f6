package org.mneme.model;

/// The sizes and settings of a causal model: a token sees those before it.
public sealed interface CausalConfig extends ArchitectureConfig
    permits DecoderConfig, TransformerXlConfig {
  /// Whether the head decodes with the word embeddings.
  boolean tied();

  @Override
  default boolean causal() {
    return true;
  }
}
