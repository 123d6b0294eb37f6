package org.mneme.app.cli;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.KeyNorm;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.MemoryType;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.memory.Table;
import org.mneme.memory.ValueInit;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The shape of a memory: an option for each key of its configuration (`docs/reference/memory.md`).
/// What is not given has the default of the type.
final class MemoryOptions {
  private static final String DENSE = "dense";

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = {
        "product-key, flat-key, memory-plus, peer, or dense: the --dense of a product-key memory"
            + " (default: ${DEFAULT-VALUE})."
      })
  private String type = MemoryType.PRODUCT_KEY.label();

  @Option(
      names = "--keys-per-side",
      paramLabel = "N",
      description = "Half-keys per side; N x N slots (default: 256).")
  private @Nullable Integer keysPerSide;

  @Option(
      names = "--slots",
      paramLabel = "N",
      description = "Slots of a flat-key memory (default: 4096).")
  private @Nullable Integer slots;

  @Option(names = "--heads", paramLabel = "N", description = "Default: 4.")
  private @Nullable Integer heads;

  @Option(
      names = "--slots-per-head",
      paramLabel = "N",
      description = "Slots each head reads (default: 32).")
  private @Nullable Integer slotsPerHead;

  @Option(names = "--query-dim", paramLabel = "N", description = "Default: 256.")
  private @Nullable Integer queryDim;

  @Option(
      names = "--query-layers",
      paramLabel = "N",
      description = "Layers of the query network, 1 or 2 (default: 1).")
  private @Nullable Integer queryLayers;

  @Option(
      names = "--query-norm",
      paramLabel = "NORM",
      description =
          "${COMPLETION-CANDIDATES} (default: batch; layer in memory-plus and causal models).")
  private @Nullable QueryNorm queryNorm;

  @Option(
      names = "--key-norm",
      paramLabel = "NORM",
      description = "${COMPLETION-CANDIDATES} (default: none; l2 in memory-plus).")
  private @Nullable KeyNorm keyNorm;

  @Option(
      names = "--score-activation",
      paramLabel = "HOW",
      description =
          "From scores to weights: softmax, scaled-softmax (a scale per head is learned) or relu"
              + " (default: softmax).")
  private @Nullable String scoreActivation;

  @Option(
      names = "--score-scale",
      paramLabel = "S",
      description = "scaled-softmax with scales that start here (default: 5).")
  private @Nullable Double scoreScale;

  @Option(
      names = "--values",
      paramLabel = "INIT",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private ValueInit values = ValueInit.ZERO;

  @Option(
      names = "--value-dim",
      paramLabel = "N",
      description =
          "Width of a slot, if projected or silu-gate follows (default: that of the model).")
  private @Nullable Integer valueDim;

  @Option(
      names = "--output",
      paramLabel = "STAGE",
      description =
          "What follows the sum of the slots: direct, projected, silu-gate or scalar-gate"
              + " (default: direct; silu-gate in memory-plus).")
  private @Nullable String output;

  @Option(
      names = "--table-type",
      paramLabel = "TYPE",
      description = "Numbers of the table: ${COMPLETION-CANDIDATES} (default: float32).")
  private Table.@Nullable Type tableType;

  @Option(
      names = "--shared-table",
      paramLabel = "NAME",
      description =
          "One table for all layers, called so; empty for one each (default: empty; memory in"
              + " memory-plus).")
  private @Nullable String sharedTable;

  @Option(
      names = "--dense",
      description = "Add a dense feed-forward of the memory's compute instead, as a control.")
  private boolean dense;

  /// The memory that was asked for in a model of width `dim`, or its dense control.
  ///
  /// @param causal whether queries have to leave later tokens alone, unless asked otherwise
  MemoryConfig config(int dim, boolean causal) {
    boolean control = dense || type.equals(DENSE);
    String base = type.equals(DENSE) ? MemoryType.PRODUCT_KEY.label() : type;
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("type", base).put("dim", dim);
    put(json, "keysPerSide", keysPerSide);
    put(json, "slots", slots);
    put(json, "heads", heads);
    put(json, "slotsPerHead", slotsPerHead);
    put(json, "queryDim", queryDim);
    put(json, "queryLayers", queryLayers);
    put(json, "queryNorm", queryNorm == null && causal ? QueryNorm.LAYER : queryNorm);
    put(json, "keyNorm", keyNorm);
    put(json, "valueInit", values);
    put(json, "valueDim", valueDim);
    put(json, "output", output);
    put(json, "tableType", tableType);
    put(json, "sharedTable", sharedTable);
    putActivation(json);
    MemoryConfig memory = MemoryConfig.fromJson(json);
    return switch (memory) {
      case SparseMemoryConfig sparse when control -> DenseConfig.ofSameCompute(sparse);
      case SparseMemoryConfig sparse -> sparse;
      case DenseConfig other -> other;
    };
  }

  private void putActivation(ObjectNode json) {
    if (scoreScale == null) {
      put(json, "scoreActivation", scoreActivation);
      return;
    }
    json.putObject("scoreActivation")
        .put("type", scoreActivation == null ? "scaled-softmax" : scoreActivation)
        .put("start", scoreScale);
  }

  private static void put(ObjectNode json, String key, @Nullable Integer value) {
    if (value != null) {
      json.put(key, value);
    }
  }

  private static void put(ObjectNode json, String key, @Nullable String value) {
    if (value != null) {
      json.put(key, value);
    }
  }

  private static void put(ObjectNode json, String key, @Nullable Enum<?> value) {
    if (value != null) {
      json.put(key, value.name().toLowerCase(Locale.ROOT));
    }
  }
}
