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
import org.mneme.data.CausalBatch;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// What a recurrent model remembers of a batch's texts, for each of its blocks: what went into the
/// block at the last tokens (Dai et al. 2019, section 3.2), and where in the text these were. A
/// block that does not run keeps what it has, which so gets older.
///
/// The last tokens stand last: a row with fewer than others has room before them. Two sets of
/// buffers take turns: a segment reads one and writes the other, which its backward pass leaves
/// alone, until [#advance]. Parts of a batch may be run by several threads, each its own rows.
///
/// Owns its tensors.
public final class SegmentMemory implements DecodingState {
  private static final String NEXT = "segments.next";

  private static final long NEVER = -1;

  private final int batch;
  private final int length;
  private final int dim;
  private final Layer[] layers;
  private final long[] next; // [batch], where in its text a row goes on
  private final long[] document; // [batch], where its document began
  private long passed;

  /// What one block remembers.
  private final class Layer {
    private final @Nullable Tensor[] hidden = new Tensor[2]; // [batch, length, dim]
    private final long[][] positions = new long[2][batch * length];
    private final boolean[] written = new boolean[batch];
    private int current;

    private long[] positions() {
      return positions[current];
    }

    /// Reads from now on what was written, if anything was; rows that were not keep what they have.
    private void turn() {
      boolean any = false;
      for (boolean row : written) {
        any |= row;
      }
      if (!any) {
        return;
      }
      Tensor before = Objects.requireNonNull(hidden[current]);
      Tensor after = Objects.requireNonNull(hidden[1 - current]);
      try (var scope = new TensorScope();
          var unrecorded = new NoGradGuard()) {
        for (int row = 0; row < batch; row++) {
          if (!written[row]) {
            var unused = after.narrow(0, row, 1).copy_(before.narrow(0, row, 1));
            int first = row * length;
            System.arraycopy(positions[current], first, positions[1 - current], first, length);
          }
        }
      }
      Arrays.fill(written, false);
      current = 1 - current;
    }

    /// The buffer to be written, made of the type of what it takes.
    private synchronized Tensor other(Tensor like) {
      for (int i = 0; i < 2; i++) {
        if (hidden[i] == null) {
          try (var scope = new TensorScope()) {
            hidden[i] =
                TensorScope.own(Tensors.zeros(like.scalar_type().intern(), batch, length, dim));
          }
        }
      }
      return Objects.requireNonNull(hidden[1 - current]);
    }
  }

  /// An empty memory.
  ///
  /// @param batch rows
  /// @param length tokens that it holds of each, 0 for none
  public SegmentMemory(TransformerXlConfig config, int batch, int length) {
    this.batch = batch;
    this.length = length;
    dim = config.dim();
    layers = new Layer[config.layers()];
    for (int i = 0; i < layers.length; i++) {
      layers[i] = new Layer();
    }
    next = new long[batch];
    document = new long[batch];
    clear();
  }

  /// An empty memory of the length that the model is trained with.
  public static SegmentMemory of(TransformerXlConfig config, int batch) {
    return new SegmentMemory(config, batch, config.attention().memoryLength());
  }

  /// Rows that it is for.
  public int batch() {
    return batch;
  }

  /// Tokens that it holds of each.
  public int length() {
    return length;
  }

  /// How many segments have passed since it was empty.
  public long passed() {
    return passed;
  }

  @Override
  public void clear() {
    for (Layer layer : layers) {
      Arrays.fill(layer.positions[0], NEVER);
      Arrays.fill(layer.positions[1], NEVER);
    }
    Arrays.fill(next, 0);
    Arrays.fill(document, 0);
    passed = 0;
  }

  /// The next segment of some rows.
  ///
  /// @param from the first of them
  public Part part(int from, CausalBatch segment) {
    if (from < 0 || from + segment.batch() > batch) {
      throw new IllegalArgumentException(
          "rows %d to %d of %d".formatted(from, from + segment.batch(), batch));
    }
    int time = segment.time();
    int[] lengths = new int[segment.batch()];
    long[] documents = new long[segment.batch() * time];
    for (int row = 0; row < lengths.length; row++) {
      long begun = document[from + row];
      for (int i = 0; i < time; i++) {
        int at = row * time + i;
        lengths[row] += (int) segment.attentionMask()[at];
        begun = segment.starts()[at] ? next[from + row] + i : begun;
        documents[at] = begun;
      }
    }
    return new Part(from, time, lengths, documents);
  }

  @Override
  public TokenInput next(Tensor ids) {
    return new TokenInput(ids, null, null, going(Math.toIntExact(ids.size(1))));
  }

  /// The next `time` tokens of all rows, whose documents go on.
  private Part going(int time) {
    int[] lengths = new int[batch];
    Arrays.fill(lengths, time);
    long[] documents = new long[batch * time];
    Arrays.setAll(documents, i -> document[i / time]);
    return new Part(0, time, lengths, documents);
  }

  @Override
  public void advance(int time) {
    advance(going(time));
  }

  @Override
  public long tokens() {
    return next[0];
  }

  /// What was written becomes what is read: the whole batch has been run.
  public void advance(CausalBatch segment) {
    advance(part(0, segment));
  }

  private void advance(Part all) {
    for (int row = 0; row < all.rows(); row++) {
      if (all.lengths[row] > 0) {
        document[row] = all.documents[row * all.time + all.lengths[row] - 1];
        next[row] += all.lengths[row];
      }
    }
    for (Layer layer : layers) {
      layer.turn();
    }
    passed++;
  }

  /// A segment of some rows, and what they remember.
  public final class Part implements Past {
    private final int from;
    private final int time;
    private final int[] lengths; // [rows], without padding
    private final long[] documents; // [rows * time], where the document of each token began

    private Part(int from, int time, int[] lengths, long[] documents) {
      this.from = from;
      this.time = time;
      this.lengths = lengths;
      this.documents = documents;
    }

    @Override
    public int rows() {
      return lengths.length;
    }

    int time() {
      return time;
    }

    /// How many segments have passed.
    long passed() {
      return passed;
    }

    /// Where the document of each token began, `[rows * time]`.
    long[] documents() {
      return documents;
    }

    /// Where the segment begins.
    long next(int row) {
      return next[from + row];
    }

    /// Where token `column` of what block `layer` remembers of a row was, negative for none.
    long position(int layer, int row, int column) {
      return layers[layer].positions()[(from + row) * length + column];
    }

    int length() {
      return length;
    }

    /// The first block that remembers the same tokens as block `layer`.
    int firstLike(int layer) {
      int first = 0;
      while (!Arrays.equals(layers[first].positions(), layers[layer].positions())) {
        first++;
      }
      return first;
    }

    /// The last `columns` tokens that block `layer` remembers, `[rows, columns, dim]`.
    Tensor hidden(int layer, int columns) {
      Layer own = layers[layer];
      Tensor all = Objects.requireNonNull(own.hidden[own.current]);
      return all.narrow(0, from, rows()).narrow(1, length - columns, columns);
    }

    /// Has block `layer` remember what goes into it from here on.
    ///
    /// @param input `[rows, time, dim]`
    void remember(int layer, Tensor input) {
      if (length == 0) {
        return;
      }
      Shapes.require(input, "input", rows(), time, dim);
      Layer own = layers[layer];
      try (var scope = new TensorScope();
          var unrecorded = new NoGradGuard()) {
        Tensor news = Precision.widened(input.detach());
        Tensor to = own.other(news);
        Tensor before = Objects.requireNonNull(own.hidden[own.current]);
        if (Arrays.stream(lengths).allMatch(tokens -> tokens == time)) {
          copy(before, news, to, from, rows(), time);
        } else {
          for (int row = 0; row < rows(); row++) {
            copy(before, news.narrow(0, row, 1), to, from + row, 1, lengths[row]);
          }
        }
      }
      for (int row = 0; row < rows(); row++) {
        move(own, from + row, lengths[row]);
        own.written[from + row] = true;
      }
    }

    /// Rows of `to` become the last tokens of `before` and the first `tokens` of `news` together.
    private void copy(Tensor before, Tensor news, Tensor to, int row, int count, int tokens) {
      int added = Math.min(tokens, length);
      Tensor rows = to.narrow(0, row, count);
      if (added < length) {
        Tensor kept = before.narrow(0, row, count).narrow(1, added, length - added);
        var unused = rows.narrow(1, 0, length - added).copy_(kept);
      }
      if (added > 0) {
        Tensor last = news.narrow(1, tokens - added, added);
        var unused = rows.narrow(1, length - added, added).copy_(last);
      }
    }

    private void move(Layer layer, int row, int tokens) {
      long[] before = layer.positions[layer.current];
      long[] to = layer.positions[1 - layer.current];
      int added = Math.min(tokens, length);
      int first = row * length;
      System.arraycopy(before, first + added, to, first, length - added);
      for (int i = 0; i < added; i++) {
        to[first + length - added + i] = SegmentMemory.this.next[row] + tokens - added + i;
      }
    }
  }

  /// What block `layer` remembers, `[batch, length, dim]`, zero where that is nothing.
  public Tensor hidden(int layer) {
    Layer own = layers[layer];
    Tensor hidden = own.hidden[own.current];
    return hidden == null
        ? Tensors.zeros(torch.ScalarType.Float, batch, length, dim)
        : hidden.clone();
  }

  /// Whether `state` holds a memory's.
  public static boolean isIn(Map<String, Tensor> state) {
    return state.containsKey(NEXT);
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (int i = 0; i < layers.length; i++) {
      state.put("segments.hidden." + i, hidden(i));
      state.put("segments.positions." + i, Tensors.of(layers[i].positions(), batch, length));
    }
    state.put(NEXT, Tensors.of(next, batch));
    state.put("segments.document", Tensors.of(document, batch));
    state.put("segments.passed", Tensors.of(new long[] {passed}, 1));
    return state;
  }

  @Override
  public void restore(Map<String, Tensor> state) {
    for (int i = 0; i < layers.length; i++) {
      Layer layer = layers[i];
      long[] positions = longs(state, "segments.positions." + i, batch * length);
      System.arraycopy(positions, 0, layer.positions(), 0, positions.length);
      Tensor hidden = Tensors.required(state, "segments.hidden." + i);
      try (var scope = new TensorScope();
          var unrecorded = new NoGradGuard()) {
        var unused = layer.other(hidden);
        unused = Objects.requireNonNull(layer.hidden[layer.current]).copy_(hidden);
      }
    }
    System.arraycopy(longs(state, NEXT, batch), 0, next, 0, batch);
    System.arraycopy(longs(state, "segments.document", batch), 0, document, 0, batch);
    passed = longs(state, "segments.passed", 1)[0];
  }

  private static long[] longs(Map<String, Tensor> state, String name, int count) {
    long[] longs = Tensors.longs(Tensors.required(state, name));
    if (longs.length != count) {
      throw new InvalidInputException(
          InvalidInputException.Kind.WEIGHTS,
          name,
          "%s has %d numbers, not %d; the batches or the memory's length changed, begin anew"
              .formatted(name, longs.length, count));
    }
    return longs;
  }

  @Override
  public void close() {
    for (Layer layer : layers) {
      for (Tensor hidden : layer.hidden) {
        if (hidden != null) {
          hidden.close();
        }
      }
    }
  }
}
