package org.mneme.model;

import org.mneme.tensor.Parameters;

/// A base model with a head. Owns its parameters. One thread at a time.
public sealed interface ModelWithHead extends AutoCloseable permits LanguageModel, TaskModel {
  /// The sizes and settings.
  ArchitectureConfig config();

  /// The model without the head.
  BaseModel base();

  /// All tensors by name.
  Parameters parameters();

  @Override
  void close();
}
