package org.mneme.run;

import java.lang.reflect.RecordComponent;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.mneme.config.Described;
import org.mneme.memory.KeyNorm;
import org.mneme.memory.Keys.FlatKeys;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.ScoreActivation;
import org.mneme.memory.ScoreActivation.Relu;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.ScoreActivation.Softmax;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.memory.Table;
import org.mneme.memory.ValueInit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The settings of a memory, as `config.json` has them under `memory.layer`, before the width of
/// the model is known. What is left out takes the default of the type when the record is made.
public record MemoryLayerConfig(
    @Described("The kind, which decides what is left out.") Type type,
    @Described("Width of the model; absent: that of the model at hand.") @Nullable Integer dim,
    @Described("Width between the two linear maps of a dense layer, which has no other keys.")
        @Nullable Integer hidden,
    @Described("Queries of a token, each with keys of its own, at least 1.")
        @Nullable Integer heads,
    @Described("Slots that each head reads, 1 to keysPerSide, or to slots of flat keys.")
        @Nullable Integer slotsPerHead,
    @Described("Width of a head's query, at least 1, even for product keys.")
        @Nullable Integer queryDim,
    @Described("Layers of the query network, 1 or 2.") @Nullable Integer queryLayers,
    @Described("Normalisation of queries.") @Nullable QueryNorm queryNorm,
    @Described("Pairs of half-keys, or a key for each slot.") @Nullable KeyKind keys,
    @Described("Half-keys on each of two sides of product keys, 1 to 32768; their pairs are slots.")
        @Nullable Integer keysPerSide,
    @Described("Slots of flat keys, 1 to 1073741824.") @Nullable Integer slots,
    @Described("Normalisation of keys.") @Nullable KeyNorm keyNorm,
    @Described("From the scores of the slots selected to their weights.")
        @Nullable ScoreActivation scoreActivation,
    @Described("What a slot holds: a vector, or a network of one hidden unit.")
        @Nullable ValueKind values,
    @Described("What values start with; zero leaves a model as it was at first.")
        @Nullable ValueInit valueInit,
    @Described("Width of a row before a projection, at least 1; absent: that of the model.")
        @Nullable Integer valueDim,
    @Described("From the weighted sum to the output.") @Nullable OutputKind output,
    @Described("Share of the input that training drops, in [0, 1).") @Nullable Double inputDropout,
    @Described("Share of the queries that training drops, in [0, 1).")
        @Nullable Double queryDropout,
    @Described("Share of the output that training drops, in [0, 1).") @Nullable Double valueDropout,
    @Described("What the numbers of the table are stored as.") Table.@Nullable Type tableType,
    @Described("Layers with the same name here have one table; empty: each its own.")
        @Nullable String sharedTable) {

  /// The kinds of memories, and their control.
  public enum Type {
    /// Lample et al. 2019.
    PRODUCT_KEY,
    /// The same without products.
    FLAT_KEY,
    /// Berges et al. 2024.
    MEMORY_PLUS,
    /// He 2024.
    PEER,
    /// A feed-forward.
    DENSE
  }

  /// What queries are compared with.
  public enum KeyKind {
    /// Pairs of half-keys.
    PRODUCT,
    /// A key for each slot.
    FLAT
  }

  /// What a slot holds.
  public enum ValueKind {
    /// A vector.
    ROWS,
    /// A network of one hidden unit.
    EXPERTS
  }

  /// From what was read to the output.
  public enum OutputKind {
    /// As it is.
    DIRECT,
    /// Through a linear map.
    PROJECTED,
    /// Gated by the input, then through a linear map.
    SILU_GATE,
    /// Times one gate for each token.
    SCALAR_GATE
  }

  private static final int ANY_WIDTH = 64;

  /// Checks the settings, and fills in the defaults of the type.
  public MemoryLayerConfig {
    Integer anyDim = dim != null ? dim : valueDim != null ? valueDim : Integer.valueOf(ANY_WIDTH);
    ObjectNode given =
        json(
            type,
            anyDim,
            hidden,
            heads,
            slotsPerHead,
            queryDim,
            queryLayers,
            queryNorm,
            keys,
            keysPerSide,
            slots,
            keyNorm,
            scoreActivation,
            values,
            valueInit,
            valueDim,
            output,
            inputDropout,
            queryDropout,
            valueDropout,
            tableType,
            sharedTable);
    if (MemoryConfig.fromJson(given) instanceof SparseMemoryConfig sparse) {
      JsonNode names = sparse.toJson();
      heads = sparse.heads();
      slotsPerHead = sparse.slotsPerHead();
      queryDim = sparse.query().dim();
      queryLayers = sparse.query().layers();
      queryNorm = sparse.query().norm();
      keys = constant(KeyKind.class, names.path("keys"));
      keysPerSide = sparse.keys() instanceof ProductKeys(int sides) ? (Integer) sides : null;
      slots = sparse.keys() instanceof FlatKeys(int all) ? (Integer) all : null;
      keyNorm = sparse.query().keyNorm();
      scoreActivation = sparse.scoreActivation();
      values = constant(ValueKind.class, names.path("values"));
      valueInit = sparse.values().init();
      output = constant(OutputKind.class, names.path("output"));
      inputDropout = sparse.dropouts().input();
      queryDropout = sparse.dropouts().query();
      valueDropout = sparse.dropouts().value();
      tableType = sparse.table().type();
      sharedTable = sparse.table().shared();
    }
  }

  /// The memory in a model of width `modelDim`.
  public MemoryConfig in(int modelDim) {
    ObjectNode json = json(settings());
    if (dim == null) {
      json.put("dim", modelDim);
    }
    return MemoryConfig.fromJson(json);
  }

  private @Nullable Object[] settings() {
    RecordComponent[] components = MemoryLayerConfig.class.getRecordComponents();
    @Nullable Object[] settings = new Object[components.length];
    try {
      for (int i = 0; i < settings.length; i++) {
        settings[i] = components[i].getAccessor().invoke(this);
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
    return settings;
  }

  /// The settings in the order of the components as the block of `config.json`.
  private static ObjectNode json(@Nullable Object... settings) {
    RecordComponent[] components = MemoryLayerConfig.class.getRecordComponents();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    for (int i = 0; i < settings.length; i++) {
      String key = components[i].getName();
      switch (settings[i]) {
        case null -> {}
        case Integer number -> json.put(key, number);
        case Double number -> json.put(key, number);
        case Enum<?> constant -> json.put(key, name(constant));
        case ScaledSoftmax(double start) ->
            json.putObject(key).put("type", "scaled-softmax").put("start", start);
        case Softmax() -> json.put(key, "softmax");
        case Relu() -> json.put(key, "relu");
        case Object text -> json.put(key, text.toString());
      }
    }
    return json;
  }

  private static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static <E extends Enum<E>> E constant(Class<E> type, JsonNode name) {
    return Enum.valueOf(type, name.asString().toUpperCase(Locale.ROOT).replace('-', '_'));
  }
}
