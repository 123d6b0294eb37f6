package org.mneme.model;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Keys and values of the tokens that a [CausalTransformer] has read, block by block. Rotary keys
/// are kept turned. Grows as texts do.
public final class KeyValueCache implements DecodingState, Past {
  private static final int FIRST_CAPACITY = 64; // tokens

  private final DecoderConfig config;
  private final int rows;
  private final @Nullable Tensor[] keys; // [rows, heads, capacity, headDim] of each block
  private final @Nullable Tensor[] values;
  private final Place[] places; // of the tensors of each block
  private long length;

  /// An empty cache for `rows` texts.
  public KeyValueCache(DecoderConfig config, int rows) {
    this.config = config;
    this.rows = rows;
    keys = new Tensor[config.layers()];
    values = new Tensor[config.layers()];
    places = new Place[config.layers()];
    Arrays.fill(places, Place.NONE);
  }

  /// Keys and values of all tokens up to those of an input, `[rows, heads, tokens, headDim]`.
  record Seen(Tensor keys, Tensor values) {}

  /// Where keys and values of a block are.
  ///
  /// @param keys address of float32 `[rows, heads, capacity, headDim]`, like `values`
  /// @param capacity tokens that there is room for
  record Place(long keys, long values, int capacity) {
    private static final Place NONE = new Place(0, 0, 0);
  }

  /// The place of block `layer`, with room for one token more than it keeps.
  Place place(int layer) {
    if (places[layer].capacity <= length) {
      try (var unrecorded = new NoGradGuard()) {
        Tensor key = room(keys, layer, torch.ScalarType.Float, length + 1);
        Tensor value = room(values, layer, torch.ScalarType.Float, length + 1);
        places[layer] =
            new Place(
                key.data_ptr().address(), value.data_ptr().address(), Math.toIntExact(key.size(2)));
      }
    }
    return places[layer];
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public long tokens() {
    return length;
  }

  @Override
  public TokenInput next(Tensor ids) {
    return new TokenInput(ids, null, null, this);
  }

  /// Puts those of block `layer` behind what it keeps.
  ///
  /// @param key `[rows, heads, time, headDim]`, like `value`
  Seen append(int layer, Tensor key, Tensor value) {
    Shapes.require(key, "key", rows, Shapes.ANY, Shapes.ANY, config.headDim());
    long end = length + key.size(2);
    try (var unrecorded = new NoGradGuard()) {
      Tensor allKeys = room(keys, layer, key.scalar_type().intern(), end);
      Tensor allValues = room(values, layer, value.scalar_type().intern(), end);
      var unused = allKeys.narrow(2, length, key.size(2)).copy_(key);
      unused = allValues.narrow(2, length, key.size(2)).copy_(value);
      return new Seen(allKeys.narrow(2, 0, end), allValues.narrow(2, 0, end));
    }
  }

  /// The tensor of a block, made larger where it is too small.
  private Tensor room(@Nullable Tensor[] tensors, int layer, torch.ScalarType type, long end) {
    Tensor before = tensors[layer];
    if (before != null && before.size(2) >= end) {
      return before;
    }
    long doubled = before == null ? FIRST_CAPACITY : 2 * before.size(2);
    long capacity = Math.min(Math.max(doubled, end), Math.max(end, config.maxTokens()));
    try (var scope = new TensorScope()) {
      Tensor larger = Tensors.zeros(type, rows, config.keyValueHeads(), capacity, config.headDim());
      if (before != null) {
        var unused = larger.narrow(2, 0, length).copy_(before.narrow(2, 0, length));
        before.close();
      }
      Tensor own = TensorScope.own(larger);
      tensors[layer] = own;
      places[layer] = Place.NONE; // that of one that is gone
      return own;
    }
  }

  @Override
  public void advance(int time) {
    length += time;
  }

  @Override
  public void clear() {
    length = 0;
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put("cache.length", Tensors.of(new long[] {length}, 1));
    for (int i = 0; i < keys.length && length > 0; i++) {
      state.put("cache.keys." + i, kept(keys, i));
      state.put("cache.values." + i, kept(values, i));
    }
    return state;
  }

  private Tensor kept(@Nullable Tensor[] tensors, int layer) {
    return Objects.requireNonNull(tensors[layer], "advanced, but not read")
        .narrow(2, 0, length)
        .clone();
  }

  @Override
  public void restore(Map<String, Tensor> state) {
    long tokens = Tensors.longs(Tensors.required(state, "cache.length"))[0];
    if (tokens < 0 || tokens > config.maxTokens()) {
      throw foreign("cache.length", "is " + tokens);
    }
    length = 0;
    for (int i = 0; i < keys.length && tokens > 0; i++) {
      Tensor key = required(state, "cache.keys." + i, tokens);
      Tensor value = required(state, "cache.values." + i, tokens);
      var unused = append(i, key, value);
    }
    length = tokens;
  }

  private Tensor required(Map<String, Tensor> state, String name, long tokens) {
    Tensor tensor = Tensors.required(state, name);
    long[] expected = {rows, config.keyValueHeads(), tokens, config.headDim()};
    long[] found = Shapes.of(tensor);
    if (!Arrays.equals(found, expected)) {
      throw foreign(
          name, "has shape " + Arrays.toString(found) + ", not " + Arrays.toString(expected));
    }
    return tensor;
  }

  private static InvalidInputException foreign(String name, String found) {
    return new InvalidInputException(
        InvalidInputException.Kind.WEIGHTS,
        name,
        name + " " + found + "; take the state of this model, and of as many texts");
  }

  @Override
  public void close() {
    for (int i = 0; i < keys.length; i++) {
      for (Tensor tensor : new Tensor[] {keys[i], values[i]}) {
        if (tensor != null) {
          tensor.close();
        }
      }
      keys[i] = null;
      values[i] = null;
    }
    Arrays.fill(places, Place.NONE);
    length = 0;
  }
}
