package org.mneme.bench;

import java.util.Map;
import org.mneme.memory.MemoryEngine;

/// A part of the memory with its inputs, ready to be run again and again. Not thread-safe; uses as
/// many threads as libtorch's operations do.
public sealed interface Stage extends AutoCloseable
    permits StepStage, SearchStage, ReadStage, TableStage, StreamStage, ModelStage {
  /// How large the memory is.
  Sizes sizes();

  /// Runs it once.
  Round run();

  /// What the first run gave, by name; nothing where it is only the time that counts.
  default Map<String, float[]> results() {
    return Map.of();
  }

  /// The slots `[tokens, heads * slotsPerHead]` that are read, as the first run found them; empty
  /// where there are none.
  default int[] slots() {
    return new int[0];
  }

  /// Copies of rows of the table as they are now, one after the other; empty where runs change no
  /// table.
  default float[] rows(int... rows) {
    return new float[0];
  }

  /// Frees everything.
  @Override
  void close();

  /// How a table's numbers and its moments are stored.
  enum Storage {
    /// 4 bytes a number.
    FLOAT32,
    /// 2 bytes a number.
    BFLOAT16
  }

  /// In what matrices are multiplied.
  enum Products {
    /// As parameters are.
    FLOAT32,
    /// In half the bits, see [org.mneme.tensor.Autocast].
    BFLOAT16
  }

  /// The whole layer: forward, backward (gradients of x, query, norm, keys and table), and the
  /// update of the table. The other gradients are computed and dropped.
  static Stage step(Sizes sizes, MemoryEngine engine, Products products) {
    return new StepStage(sizes, engine, products);
  }

  /// From half-scores to slots and weights.
  static Stage search(Sizes sizes, MemoryEngine engine) {
    return new SearchStage(sizes, engine);
  }

  /// Weighted sums of rows.
  static Stage read(Sizes sizes, MemoryEngine engine, Storage storage) {
    return new ReadStage(sizes, engine, storage);
  }

  /// All that a backward pass does with the table: the gradient of the weights, the table's own,
  /// and its update.
  static Stage tableBackward(Sizes sizes, MemoryEngine engine, Storage storage) {
    return new TableStage(sizes, engine, storage);
  }

  /// Reads as many bytes as [#read] does, one after the other: what the machine's memory can do.
  /// For a `valueDim` of 256 or more they are more than caches hold.
  static Stage stream(Sizes sizes, MemoryEngine engine, Storage storage) {
    return new StreamStage(sizes, engine, storage);
  }

  /// A whole model at work.
  static Stage model(ModelSetting setting) {
    return new ModelStage(setting);
  }

  /// Bytes of the rows that [#read] and [#stream] read in a run.
  static long bytesRead(Sizes sizes, Storage storage) {
    return (long) sizes.tokens() * Sizes.READS * sizes.valueDim() * FormulaTable.bytes(storage);
  }
}
