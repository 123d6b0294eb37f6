package org.mneme.model;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/// What a causal model keeps of texts that are read or written piece by piece, so that what came
/// before is not computed again: keys and values ([KeyValueCache]), or what went into the blocks
/// ([SegmentMemory]).
///
/// Owns its tensors. One thread at a time.
public sealed interface DecodingState extends AutoCloseable permits KeyValueCache, SegmentMemory {
  /// An empty state for `rows` texts.
  static DecodingState of(CausalConfig config, int rows) {
    return switch (config) {
      case DecoderConfig decoder -> new KeyValueCache(decoder, rows);
      case TransformerXlConfig xl -> SegmentMemory.of(xl, rows);
    };
  }

  /// The next tokens of all texts, as the model reads them.
  ///
  /// @param ids `[rows, time]` int64
  TokenInput next(Tensor ids);

  /// The model has read an input of so many tokens a text.
  void advance(int time);

  /// How many tokens of each text have been read since it was empty.
  long tokens();

  /// Forgets everything.
  void clear();

  /// Everything that it keeps, by name, in the open scope.
  Map<String, Tensor> state();

  /// Keeps what [#state()] gave.
  ///
  /// @throws org.mneme.InvalidInputException of kind WEIGHTS where that is of another model or of
  ///   other texts
  void restore(Map<String, Tensor> state);

  @Override
  void close();
}
