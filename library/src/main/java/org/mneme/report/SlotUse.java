package org.mneme.report;

import java.util.List;

/// A slot and the tokens that read it.
///
/// @param layer the layer whose table holds the slot
/// @param share the share of the layer's read weight that the slot got
/// @param readers some of the tokens that read it, the heaviest first
public record SlotUse(String layer, long slot, double share, List<Reader> readers) {
  public SlotUse {
    readers = List.copyOf(readers);
  }

  /// A token between its neighbours, as plain text, and the weight of its read.
  public record Reader(String before, String token, String after, double weight) {}
}
