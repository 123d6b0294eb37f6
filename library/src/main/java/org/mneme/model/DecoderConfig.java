package org.mneme.model;

/// The sizes and settings of a [CausalTransformer].
public sealed interface DecoderConfig extends CausalConfig permits Gpt2Config, LlamaConfig {
  /// Heads of keys and values, a divisor of those of queries.
  int keyValueHeads();

  /// Inner width of the feed-forward.
  int feedForwardDim();

  /// What the word embeddings are called behind [#basePrefix].
  String wordsName();

  /// What the names of blocks begin with behind [#basePrefix], before their number.
  String blocksName();
}
