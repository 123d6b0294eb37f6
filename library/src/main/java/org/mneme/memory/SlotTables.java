package org.mneme.memory;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.memory.SharedTables.Named;

/// What the slots of a memory hold, and how tokens read it.
sealed interface SlotTables {
  /// What tokens read, `[tokens, valueDim]`.
  ///
  /// @param x `[tokens, dim]`
  /// @param slots `[tokens, heads * slotsPerHead]` int32
  /// @param weights `[tokens, heads * slotsPerHead]`
  Tensor read(Tensor x, Tensor slots, Tensor weights);

  /// The tables by the full names of their parameters.
  Map<String, ValueTable> tables();

  /// The tables of a new layer: new ones, or those that another layer of the model made.
  static SlotTables create(SparseMemoryConfig config, InitialWeights weights, SharedTables shared) {
    return switch (config.values()) {
      case Values.Rows(ValueInit init) ->
          new Rows(shared.table(config, weights, "values", init, config.valueDim()));
      case Values.Experts(ValueInit init) ->
          new Experts(
              shared.table(config, weights, "values_down", ValueInit.NORMAL, config.dim()),
              shared.table(config, weights, "values_up", init, config.valueDim()));
    };
  }

  /// Rows that are added up.
  record Rows(Named values) implements SlotTables {
    @Override
    public Tensor read(Tensor x, Tensor slots, Tensor weights) {
      return values.table().read(slots, weights);
    }

    @Override
    public Map<String, ValueTable> tables() {
      return Map.of(values.name(), values.table());
    }
  }

  /// Networks of one hidden unit whose outputs are added up.
  record Experts(Named down, Named up) implements SlotTables {
    @Override
    public Tensor read(Tensor x, Tensor slots, Tensor weights) {
      Tensor hidden = torch.gelu(down.table().dot(slots, x)); // [tokens, reads]
      return up.table().read(slots, weights.mul(hidden));
    }

    @Override
    public Map<String, ValueTable> tables() {
      return Map.of(down.name(), down.table(), up.name(), up.table());
    }
  }
}
