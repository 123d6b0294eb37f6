package org.mneme.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mneme.memory.Output.Direct;
import org.mneme.memory.Output.Projected;
import org.mneme.memory.Output.ScalarGate;
import org.mneme.memory.Output.SiluGate;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.Values.Experts;
import org.mneme.memory.Values.Rows;
import org.mneme.tensor.PlannedTensor;

/// The tensors that a memory layer has, without making them.
public final class MemoryTensors {
  private final String prefix;
  private final List<PlannedTensor> tensors = new ArrayList<>();

  private MemoryTensors(String prefix) {
    this.prefix = prefix;
  }

  /// What a layer of this `config` adds to its model.
  ///
  /// @param prefix start of their names
  /// @param tables names of the shared tables that other layers have made; this layer's join them
  public static List<PlannedTensor> of(MemoryConfig config, String prefix, Set<String> tables) {
    MemoryTensors plan = new MemoryTensors(prefix);
    switch (config) {
      case DenseConfig dense -> {
        plan.affine("inner", dense.dim(), dense.hidden());
        plan.affine("outer", dense.hidden(), dense.dim());
      }
      case SparseMemoryConfig sparse -> {
        plan.query(sparse);
        plan.keys(sparse);
        plan.tables(sparse, tables);
        if (sparse.scoreActivation() instanceof ScaledSoftmax) {
          plan.parameter("score_scale", sparse.heads());
        }
        plan.output(sparse);
      }
    }
    return plan.tensors;
  }

  private void query(SparseMemoryConfig config) {
    long channels = config.queryChannels();
    if (config.query().layers() == 1) {
      affine("query", config.dim(), channels);
    } else {
      affine("query.0", config.dim(), config.dim());
      affine("query.1", config.dim(), channels);
    }
    switch (config.query().norm()) {
      case BATCH -> {
        parameter("norm.weight", channels);
        parameter("norm.bias", channels);
        tensors.add(PlannedTensor.buffer(prefix + "norm.running_mean", channels));
        tensors.add(PlannedTensor.buffer(prefix + "norm.running_var", channels));
      }
      case LAYER -> {
        parameter("norm.weight", channels);
        parameter("norm.bias", channels);
      }
      case L2, NONE -> {}
    }
  }

  private void keys(SparseMemoryConfig config) {
    long heads = config.heads();
    switch (config.keys()) {
      case Keys.ProductKeys(int perSide) ->
          parameter("keys", heads * 2 * perSide * config.keyDim());
      case Keys.FlatKeys(int slots) -> parameter("keys", heads * slots * config.keyDim());
    }
  }

  private void tables(SparseMemoryConfig config, Set<String> shared) {
    switch (config.values()) {
      case Rows _ -> table(config, "values", config.valueDim(), shared);
      case Experts _ -> {
        table(config, "values_down", config.dim(), shared);
        table(config, "values_up", config.valueDim(), shared);
      }
    }
  }

  private void table(SparseMemoryConfig config, String name, long width, Set<String> shared) {
    Table table = config.table();
    if (!table.isShared() || shared.add(table.shared() + " " + name)) {
      tensors.add(
          new PlannedTensor(
              prefix + name,
              config.slots() * width,
              table.type().bytes(),
              PlannedTensor.Kind.TABLE));
    }
  }

  private void output(SparseMemoryConfig config) {
    switch (config.output()) {
      case Direct() -> {}
      case Projected(int width) -> affine("output_projection", width, config.dim());
      case SiluGate(int width) -> {
        affine("gate_projection", config.dim(), width);
        affine("output_projection", width, config.dim());
      }
      case ScalarGate() -> affine("scalar_gate", config.dim(), 1);
    }
  }

  private void affine(String name, long in, long out) {
    parameter(name + ".weight", in * out);
    parameter(name + ".bias", out);
  }

  private void parameter(String name, long elements) {
    tensors.add(PlannedTensor.parameter(prefix + name, elements));
  }
}
