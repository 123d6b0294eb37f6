package org.mneme.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.mneme.model.TokenSteps.address;
import static org.mneme.model.TokenSteps.at;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.memory.kernel.Rows;
import org.mneme.memory.kernel.TokenKernels;
import org.mneme.tensor.Parallel;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Team;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Attention of one more token of each of some texts, in [TokenSteps]: queries and keys are turned
/// to the token's position, keys and values go into the cache, heads look at what it holds.
///
/// Owns what it computes in. One thread at a time.
final class TokenAttention implements AutoCloseable {
  private static final long LEAST_PARALLEL = 200_000; // multiplications, some 10 us

  private final DecoderConfig config;
  private final int rows;
  private final int headDim;
  private final TokenKernels kernels;
  private final Team team;
  private final double[] frequencies; // empty where positions are learned
  private final Parameters own = new Parameters();
  private final Tensor turns; // [2, headDim / 2]: cosines, sines
  private final long inputs; // address of [rows, queries and keys and values]
  private final long context; // address of [rows, heads * headDim]
  private @Nullable Tensor scores; // [rows * heads, tokens and more]

  /// For `rows` texts.
  TokenAttention(DecoderConfig config, int rows, TokenKernels kernels, Team team) {
    this.config = config;
    this.rows = rows;
    this.kernels = kernels;
    this.team = team;
    headDim = config.headDim();
    frequencies =
        switch (config) {
          case Gpt2Config _ -> new double[0];
          case LlamaConfig llama -> llama.rotary().frequencies(headDim);
        };
    turns = TokenSteps.numbers(own, "turns", 1, 2 * frequencies.length);
    inputs = address(TokenSteps.numbers(own, "inputs", rows, inputWidth()));
    context = address(TokenSteps.numbers(own, "context", rows, contextWidth()));
  }

  /// Where a block writes its queries, keys and values, `[rows, inputWidth]`.
  long inputs() {
    return inputs;
  }

  /// Numbers of a row of queries, keys and values.
  int inputWidth() {
    return (config.heads() + 2 * config.keyValueHeads()) * headDim;
  }

  /// What heads saw, `[rows, contextWidth]`.
  long context() {
    return context;
  }

  /// Numbers of a row of what heads saw.
  int contextWidth() {
    return config.heads() * headDim;
  }

  /// By how much the pairs of queries and keys are turned at `position`, in all blocks.
  void turnTo(int position) {
    if (frequencies.length > 0) {
      var numbers = Tensors.memory(turns);
      for (int i = 0; i < frequencies.length; i++) {
        double angle = position * frequencies[i];
        numbers.setAtIndex(JAVA_FLOAT, i, (float) Math.cos(angle));
        numbers.setAtIndex(JAVA_FLOAT, frequencies.length + i, (float) Math.sin(angle));
      }
    }
  }

  /// From inputs to contexts.
  ///
  /// @param place of a block in the cache
  /// @param before tokens in the cache
  void apply(DecoderAttention attention, KeyValueCache.Place place, int before) {
    for (int row = 0; row < rows; row++) {
      turn(at(inputs, row, inputWidth()), config.heads() + config.keyValueHeads());
      keep(row, place, before);
    }
    int window = attention.window();
    int first = window == 0 ? 0 : Math.max(0, before + 1 - window);
    int count = before + 1 - first;
    Parallel.Block heads = contexts(place, first, count, (float) attention.scale());
    int all = rows * config.heads();
    if (2L * all * count * headDim < LEAST_PARALLEL) {
      heads.run(0, all);
    } else {
      team.run(all, 1, heads);
    }
  }

  /// Turns the heads that follow each other from `first` on.
  private void turn(long first, int count) {
    if (frequencies.length > 0) {
      long cosines = address(turns);
      long sines = at(cosines, frequencies.length, 1);
      for (int i = 0; i < count; i++) {
        kernels.turn(at(first, i, headDim), cosines, sines, frequencies.length);
      }
    }
  }

  /// Writes a row's keys and values to where the cache has them.
  private void keep(int row, KeyValueCache.Place place, int before) {
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
    int sharing = config.heads() / config.keyValueHeads();
    long room = roomForScores(place.capacity());
    int width = place.capacity() + TokenKernels.SPARE;
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
            at(room, i, width),
            at(context, i, headDim));
      }
    };
  }

  private long roomForScores(int capacity) {
    int width = capacity + TokenKernels.SPARE;
    Tensor now = scores;
    if (now == null || now.size(1) != width) {
      closeScores();
      try (var scope = new TensorScope()) {
        now =
            TensorScope.own(
                Tensors.empty(torch.ScalarType.Float, (long) rows * config.heads(), width));
      }
      scores = now;
    }
    return address(now);
  }

  private void closeScores() {
    if (scores != null) {
      scores.close();
      scores = null;
    }
  }

  @Override
  public void close() {
    closeScores();
    own.close();
  }
}
