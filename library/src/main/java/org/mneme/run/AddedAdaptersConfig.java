package org.mneme.run;

import java.util.List;
import java.util.stream.IntStream;
import org.mneme.config.Described;
import org.mneme.model.AdapterConfig;

/// Adapters of low rank that a model gets before it is trained.
public record AddedAdaptersConfig(
    @Described(
            value = "Blocks that get them, counted from 0; -1 is the last; empty: all.",
            usual = "[]")
        List<Integer> layers,
    @Described(value = "Width between the two matrices of an adapter, at least 1.", usual = "16")
        int rank,
    @Described(value = "What is added is multiplied with alpha / rank; above 0.", usual = "32")
        double alpha,
    @Described(
            value =
                "Projections that get one, of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj,"
                    + " down_proj; empty: all.",
            usual = "[]")
        List<String> targets) {

  /// Checks ranges and names.
  public AddedAdaptersConfig {
    layers = List.copyOf(layers);
    targets = targets.isEmpty() ? AdapterConfig.TARGETS : List.copyOf(targets);
    AdapterConfig unused = new AdapterConfig(List.of(0), rank, alpha, targets);
  }

  /// The adapters in a model of so many blocks.
  ///
  /// @throws org.mneme.InvalidInputException of kind CONFIG where a block does not exist
  public AdapterConfig in(int blocks) {
    List<Integer> counted =
        layers.isEmpty()
            ? IntStream.range(0, blocks).boxed().toList()
            : AddedMemoryConfig.counted(layers, blocks);
    AdapterConfig adapters = new AdapterConfig(counted, rank, alpha, targets);
    adapters.requireFits(blocks);
    return adapters;
  }
}
