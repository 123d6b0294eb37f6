package org.mneme.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.kernel.Rows;
import org.mneme.memory.kernel.TokenKernels;
import org.mneme.tensor.NativeRuntime;
import org.mneme.tensor.OneDnn.After;
import org.mneme.tensor.Parallel;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Team;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// One more token of each of some texts through a prepared causal model, by our own kernels: every
/// weight is read once, all processors reading, and nothing is allocated. A number is computed by
/// one thread, so that their count changes no bit.
///
/// Owns what it computes in. One thread at a time.
final class TokenSteps implements AutoCloseable {
  private static final int BLOCK_BYTES = 128 << 10; // of weights that a thread takes at a time
  private static final int BLOCK_NUMBERS = 16; // of outputs, a cache line
  private static final long LEAST_PARALLEL = 200_000; // multiplications of attention, some 10 us

  private final DecoderConfig config;
  private final CausalTransformer.Prepared model;
  private final PreparedLinear head;
  private final int rows;
  private final TokenKernels kernels = TokenKernels.get();
  private final int threads = NativeRuntime.threads();
  private final Team team = new Team(threads);
  private final Parameters own = new Parameters();
  private final double[] frequencies; // empty where positions are learned
  private final List<RowNorm> attentionNorms = new ArrayList<>();
  private final List<RowNorm> feedForwardNorms = new ArrayList<>();
  private final RowNorm lastNorm;
  private final Tensor hiddenTensor; // [rows, dim]
  private final Tensor normedTensor; // [rows, dim]
  private final Tensor turns; // [2, headDim / 2]: cosines, sines
  private final Tensor logits; // [rows, vocabulary]
  private final long hidden; // addresses
  private final long normed;
  private final long added; // [rows, dim]
  private final long inputs; // [rows, queries and keys and values]
  private final long context; // [rows, heads * headDim]
  private final long inner; // [rows, feedForwardDim]
  private final long gate; // [rows, feedForwardDim]
  private final long room; // [rows, feedForwardDim]
  private @Nullable Tensor scores; // [rows * heads, tokens and more]

  /// A normalisation of one row, from one address to another.
  private interface RowNorm {
    void apply(long x, long out);
  }

  /// For `rows` texts.
  ///
  /// @param head what scores words
  TokenSteps(CausalTransformer.Prepared model, PreparedLinear head, int rows) {
    this.model = model;
    this.head = head;
    this.rows = rows;
    config = model.whole().config();
    int headDim = config.headDim();
    frequencies =
        switch (config) {
          case Gpt2Config _ -> new double[0];
          case LlamaConfig llama -> llama.rotary().frequencies(headDim);
        };
    for (int i = 0; i < config.layers(); i++) {
      PreparedLayers.Block block = model.blocks().get(i);
      attentionNorms.add(norm(block.attentionNorm(), i + ".attention"));
      feedForwardNorms.add(norm(block.feedForwardNorm(), i + ".feedForward"));
    }
    lastNorm = norm(model.whole().norm(), "last");
    hiddenTensor = numbers("hidden", config.dim());
    normedTensor = numbers("normed", config.dim());
    turns = numbers("turns", 2 * frequencies.length);
    logits = numbers("logits", head.out());
    hidden = address(hiddenTensor);
    normed = address(normedTensor);
    added = address(numbers("added", config.dim()));
    inputs = address(numbers("inputs", inputWidth()));
    context = address(numbers("context", config.heads() * headDim));
    inner = address(numbers("inner", config.feedForwardDim()));
    gate = address(numbers("gate", config.feedForwardDim()));
    room = address(numbers("room", config.feedForwardDim()));
  }

  private Tensor numbers(String name, int width) {
    try (var scope = new TensorScope()) {
      return own.buffer(name, Tensors.zeros(torch.ScalarType.Float, rows, width));
    }
  }

  private static long address(Tensor tensor) {
    return tensor.data_ptr().address();
  }

  private long kept(Tensor tensor, String name) {
    return address(PreparedLinear.kept(tensor, torch.ScalarType.Float, own, name));
  }

  private RowNorm norm(Norm norm, String name) {
    int dim = config.dim();
    return switch (norm) {
      case RmsNorm rms -> {
        long weight = kept(rms.weight(), name + ".weight");
        float eps = (float) rms.eps();
        yield (x, out) -> kernels.rmsNorm(x, weight, eps, dim, out);
      }
      case LayerNorm layer -> {
        long weight = kept(layer.weight(), name + ".weight");
        long bias = kept(layer.bias(), name + ".bias");
        float eps = (float) layer.eps();
        yield (x, out) -> kernels.layerNorm(x, weight, bias, eps, dim, out);
      }
    };
  }

  /// How many texts it is for.
  int rows() {
    return rows;
  }

  /// Scores of the words after `input`, by row; its cache keeps the token's keys and values, and is
  /// yet to be advanced.
  ///
  /// @param input one token of each text
  float[][] step(TokenInput input, KeyValueCache cache) {
    input.requireFits(config);
    int before = Math.toIntExact(cache.tokens());
    try (var scope = new TensorScope()) {
      var unused = hiddenTensor.copy_(model.whole().embed(input, before, false));
    }
    turnTo(before);
    for (int i = 0; i < config.layers(); i++) {
      PreparedLayers.Block block = model.blocks().get(i);
      normalise(attentionNorms.get(i));
      attend(block.attention(), cache.place(i), before);
      add(block.attention().output(), context, config.heads() * config.headDim());
      normalise(feedForwardNorms.get(i));
      if (block.feedForward() != null) {
        feedForward(block.feedForward());
      }
      if (block.memory() != null) {
        try (var scope = new TensorScope()) {
          var unused =
              hiddenTensor.copy_(block.memory().addTo(hiddenTensor, normedTensor, null, false));
        }
      }
    }
    normalise(lastNorm);
    return scores();
  }

  /// Scores of words, by row.
  ///
  /// @param last `[rows, dim]` of the last layer, normed
  float[][] scores(Tensor last) {
    var unused = normedTensor.copy_(last);
    return scores();
  }

  private float[][] scores() {
    long out = address(logits);
    product(head, normed, config.dim(), out, head.out());
    float[] all = Tensors.floats(logits);
    float[][] byRow = new float[rows][head.out()];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(all, row * head.out(), byRow[row], 0, head.out());
    }
    return byRow;
  }

  /// By how much the pairs of queries and keys are turned at `position`.
  private void turnTo(int position) {
    if (frequencies.length > 0) {
      var numbers = Tensors.memory(turns);
      for (int i = 0; i < frequencies.length; i++) {
        double angle = position * frequencies[i];
        numbers.setAtIndex(JAVA_FLOAT, i, (float) Math.cos(angle));
        numbers.setAtIndex(JAVA_FLOAT, frequencies.length + i, (float) Math.sin(angle));
      }
    }
  }

  private void normalise(RowNorm norm) {
    for (int row = 0; row < rows; row++) {
      norm.apply(at(hidden, row, config.dim()), at(normed, row, config.dim()));
    }
  }

  private void attend(PreparedLayers.Attention attention, KeyValueCache.Place place, int before) {
    projectInputs(attention.inputs());
    for (int row = 0; row < rows; row++) {
      turn(at(inputs, row, inputWidth()), config.heads() + config.keyValueHeads());
      keep(row, place, before);
    }
    int window = attention.attends().window();
    int first = window == 0 ? 0 : Math.max(0, before + 1 - window);
    int count = before + 1 - first;
    float scale = (float) attention.attends().scale();
    Parallel.Block heads = contexts(place, first, count, scale);
    int all = rows * config.heads();
    if (2L * all * count * config.headDim() < LEAST_PARALLEL) {
      heads.run(0, all);
    } else {
      team.run(all, 1, heads);
    }
  }

  /// Numbers of a row of queries, keys and values.
  private int inputWidth() {
    return (config.heads() + 2 * config.keyValueHeads()) * config.headDim();
  }

  /// Writes a row's keys and values to where the cache has them.
  private void keep(int row, KeyValueCache.Place place, int before) {
    int headDim = config.headDim();
    int heads = config.keyValueHeads();
    long keys = at(at(inputs, row, inputWidth()), config.heads(), headDim);
    long values = at(keys, heads, headDim);
    for (int i = 0; i < heads; i++) {
      long to = ((long) row * heads + i) * place.capacity() + before;
      kernels.copy(at(keys, i, headDim), at(place.keys(), to, headDim), headDim);
      kernels.copy(at(values, i, headDim), at(place.values(), to, headDim), headDim);
    }
  }

  /// What the heads of all rows, one after the other, see of `count` tokens from `first` on.
  private Parallel.Block contexts(KeyValueCache.Place place, int first, int count, float scale) {
    int headDim = config.headDim();
    int sharing = config.heads() / config.keyValueHeads();
    long scores = scoresFor(place.capacity());
    int scoresWidth = place.capacity() + TokenKernels.SPARE;
    return (from, to) -> {
      for (int i = from; i < to; i++) {
        int row = i / config.heads();
        int head = i % config.heads();
        long shared = (long) row * config.keyValueHeads() + head / sharing;
        long token = shared * place.capacity() + first;
        kernels.attend(
            at(at(inputs, row, inputWidth()), head, headDim),
            new Rows(at(place.keys(), token, headDim), headDim, Rows.Type.FLOAT32),
            at(place.values(), token, headDim),
            count,
            scale,
            at(scores, i, scoresWidth),
            at(context, i, headDim));
      }
    };
  }

  private long scoresFor(int capacity) {
    Tensor now = scores;
    int width = capacity + TokenKernels.SPARE;
    if (now != null && now.size(1) == width) {
      return address(now);
    }
    if (now != null) {
      now.close();
    }
    try (var scope = new TensorScope()) {
      Tensor made =
          TensorScope.own(
              Tensors.empty(torch.ScalarType.Float, (long) rows * config.heads(), width));
      scores = made;
      return address(made);
    }
  }

  private void projectInputs(List<PreparedLinear> parts) {
    int width = inputWidth();
    run(
        width,
        parts.getFirst().rowBytes(),
        (from, to) -> {
          int first = 0; // of a part, in a row
          for (PreparedLinear part : parts) {
            int begin = Math.max(0, from - first);
            int end = Math.min(part.out(), to - first);
            for (int row = 0; row < rows && begin < end; row++) {
              long out = at(at(inputs, row, width), first, 1);
              part.apply(kernels, at(normed, row, config.dim()), out, begin, end);
            }
            first += part.out();
          }
        });
  }

  /// Turns the heads that follow each other from `first` on.
  private void turn(long first, int count) {
    if (frequencies.length > 0) {
      long cosines = address(turns);
      for (int i = 0; i < count; i++) {
        kernels.turn(
            at(first, i, config.headDim()),
            cosines,
            at(cosines, frequencies.length, 1),
            frequencies.length);
      }
    }
  }

  private void feedForward(PreparedLayers.FeedForward layer) {
    int width = config.feedForwardDim();
    PreparedLinear gating = layer.gate();
    After after = layer.activation().after();
    run(
        width,
        (gating == null ? 1 : 2) * layer.inner().rowBytes(),
        (from, to) -> {
          for (int row = 0; row < rows; row++) {
            long x = at(normed, row, config.dim());
            long out = at(inner, row, width);
            long free = at(at(room, row, width), from, 1);
            layer.inner().apply(kernels, x, out, from, to);
            if (gating == null) {
              kernels.activate(after, at(out, from, 1), to - from, free);
            } else {
              gating.apply(kernels, x, at(gate, row, width), from, to);
              long gates = at(at(gate, row, width), from, 1);
              kernels.activate(after, gates, to - from, free);
              kernels.multiply(at(out, from, 1), gates, to - from);
            }
          }
        });
    add(layer.outer(), inner, width);
  }

  /// Adds a product to the hidden state.
  ///
  /// @param x address of `[rows, in]`
  private void add(PreparedLinear linear, long x, int in) {
    run(
        config.dim(),
        linear.rowBytes(),
        (from, to) -> {
          for (int row = 0; row < rows; row++) {
            long sum = at(added, row, config.dim());
            linear.apply(kernels, at(x, row, in), sum, from, to);
            long to0 = at(at(hidden, row, config.dim()), from, 1);
            kernels.add(to0, at(sum, from, 1), to - from);
          }
        });
  }

  private void product(PreparedLinear linear, long x, int in, long out, int width) {
    run(
        width,
        linear.rowBytes(),
        (from, to) -> {
          for (int row = 0; row < rows; row++) {
            linear.apply(kernels, at(x, row, in), at(out, row, width), from, to);
          }
        });
  }

  /// Shares `count` outputs out among the threads, as many blocks for each, where the weights of
  /// one output have so many bytes.
  private void run(int count, int bytes, Parallel.Block block) {
    long most = Math.max(1, (long) count * bytes / BLOCK_BYTES);
    long blocks = (most + threads - 1) / threads * threads;
    int size = Math.toIntExact((count + blocks - 1) / blocks);
    team.run(count, (size + BLOCK_NUMBERS - 1) / BLOCK_NUMBERS * BLOCK_NUMBERS, block);
  }

  /// The address of row `index` of rows of `width` numbers.
  private static long at(long address, long index, int width) {
    return address + index * width * Float.BYTES;
  }

  @Override
  public void close() {
    if (scores != null) {
      scores.close();
      scores = null;
    }
    own.close();
  }
}
