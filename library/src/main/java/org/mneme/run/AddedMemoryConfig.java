package org.mneme.run;

import java.util.List;
import org.mneme.InvalidInputException;
import org.mneme.config.Described;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;

/// Memories that a model gets before it is trained.
public record AddedMemoryConfig(
    @Described(value = "Blocks that get one, counted from 0; -1 is the last.", usual = "[-1]")
        List<Integer> layers,
    @Described(value = "beside the block's feed-forward, or replace it.", usual = "beside")
        Placement placement,
    @Described(
            value = "Who reads in training: all real tokens, or the targets alone.",
            usual = "all")
        ReadAt readAt,
    @Described("The memory itself, the same settings for every block.") MemoryLayerConfig layer) {

  /// Checks that there is a block.
  public AddedMemoryConfig {
    layers = List.copyOf(layers);
    if (layers.isEmpty()) {
      throw InvalidInputException.config(
          "model.memory.layers", "names no block; give at least one, counted from 0");
    }
  }

  /// The memories in a model of so many blocks of width `dim`.
  public MemoryPlacement in(int blocks, int dim) {
    MemoryPlacement memories =
        new MemoryPlacement(counted(layers, blocks), placement, readAt, layer.in(dim));
    memories.requireFits(blocks, dim);
    return memories;
  }

  /// The numbers of blocks from 0, where negative ones count from the end; those that do not exist
  /// as they are.
  static List<Integer> counted(List<Integer> layers, int blocks) {
    return layers.stream()
        .map(index -> index < 0 && -index <= blocks ? index + blocks : index)
        .toList();
  }
}
