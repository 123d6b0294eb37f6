package org.mneme.model;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
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

  private final DecoderConfig config;
  private final CausalTransformer.Prepared model;
  private final PreparedLinear head;
  private final int rows;
  private final TokenKernels kernels = TokenKernels.get();
  private final int threads = NativeRuntime.threads();
  private final Team team = new Team(threads);
  private final Parameters own = new Parameters();
  private final TokenAttention attention;
  private final List<RowNorm> attentionNorms = new ArrayList<>();
  private final List<RowNorm> feedForwardNorms = new ArrayList<>();
  private final RowNorm lastNorm;
  private final Tensor hiddenTensor; // [rows, dim]
  private final Tensor normedTensor; // [rows, dim]
  private final Tensor logits; // [rows, vocabulary]
  private final long hidden; // addresses
  private final long normed;
  private final long added; // [rows, dim]
  private final long inner; // [rows, feedForwardDim]
  private final long gate; // [rows, feedForwardDim]
  private final long room; // [rows, feedForwardDim]

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
    for (int i = 0; i < config.layers(); i++) {
      PreparedLayers.Block block = model.blocks().get(i);
      attentionNorms.add(norm(block.attentionNorm(), i + ".attention"));
      feedForwardNorms.add(norm(block.feedForwardNorm(), i + ".feedForward"));
    }
    lastNorm = norm(model.whole().norm(), "last");
    hiddenTensor = numbers("hidden", config.dim());
    normedTensor = numbers("normed", config.dim());
    logits = numbers("logits", head.out());
    hidden = address(hiddenTensor);
    normed = address(normedTensor);
    added = address(numbers("added", config.dim()));
    attention = new TokenAttention(config, rows, kernels, team);
    inner = address(numbers("inner", config.feedForwardDim()));
    gate = address(numbers("gate", config.feedForwardDim()));
    room = address(numbers("room", config.feedForwardDim()));
  }

  private Tensor numbers(String name, int width) {
    return numbers(own, name, rows, width);
  }

  /// Zeros `[rows, width]` that belong to `owner`.
  static Tensor numbers(Parameters owner, String name, int rows, int width) {
    try (var scope = new TensorScope()) {
      return owner.buffer(name, Tensors.zeros(torch.ScalarType.Float, rows, width));
    }
  }

  static long address(Tensor tensor) {
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
    attention.turnTo(before);
    for (int i = 0; i < config.layers(); i++) {
      PreparedLayers.Block block = model.blocks().get(i);
      normalise(attentionNorms.get(i));
      projectInputs(block.attention().inputs());
      attention.apply(block.attention().attends(), cache.place(i), before);
      add(block.attention().output(), attention.context(), attention.contextWidth());
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

  private void normalise(RowNorm norm) {
    for (int row = 0; row < rows; row++) {
      norm.apply(at(hidden, row, config.dim()), at(normed, row, config.dim()));
    }
  }

  private void projectInputs(List<PreparedLinear> parts) {
    int width = attention.inputWidth();
    run(
        width,
        parts.getFirst().rowBytes(),
        (from, to) -> {
          int first = 0; // of a part, in a row
          for (PreparedLinear part : parts) {
            int begin = Math.max(0, from - first);
            int end = Math.min(part.out(), to - first);
            for (int row = 0; row < rows && begin < end; row++) {
              long out = at(at(attention.inputs(), row, width), first, 1);
              part.apply(kernels, at(normed, row, config.dim()), out, begin, end);
            }
            first += part.out();
          }
        });
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
  static long at(long address, long index, int width) {
    return address + index * width * Float.BYTES;
  }

  @Override
  public void close() {
    attention.close();
    own.close();
  }
}
