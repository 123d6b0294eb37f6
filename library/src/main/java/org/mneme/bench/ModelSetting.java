package org.mneme.bench;

/// A model of MiniLM's size (6 blocks, width 384, 30,522 words) at work, with or without a memory
/// beside the feed-forward of its last block.
///
/// @param task what it does
/// @param texts of a batch
/// @param time tokens of a text
/// @param reads the positions that read the memory
/// @param keysPerSide root of the number of slots
/// @param heads queries of a position
/// @param queryDim width of a query
public record ModelSetting(
    Task task, int texts, int time, Reads reads, int keysPerSide, int heads, int queryDim) {

  /// Width of the model.
  public static final int DIM = 384;

  /// What a model does.
  public enum Task {
    /// A training step: 15 % of the tokens are to be guessed, everything is trained.
    STEP,
    /// The hidden states of every token.
    INFERENCE
  }

  /// Which positions read.
  public enum Reads {
    /// None: the model has no memory.
    NOWHERE,
    /// Those that are to be guessed.
    TARGETS,
    /// All.
    ALL
  }

  /// The same model and work without the memory.
  public ModelSetting withoutMemory() {
    return new ModelSetting(task, texts, time, Reads.NOWHERE, keysPerSide, heads, queryDim);
  }
}
