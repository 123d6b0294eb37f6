package org.mneme.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.data.TokenBatch;
import org.mneme.model.MaskedInput;
import org.mneme.model.Pooling;
import org.mneme.model.PreparedEncoder;
import org.mneme.model.TokenInput;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.tensor.Workers;
import org.mneme.text.EncodingOptions;
import org.mneme.text.Tokenizer;

/// One vector for each text: the encoder's last hidden states, pooled.
///
/// Uses the encoder and the tokenizer it is given and owns neither. One thread at a time may call
/// it; inside, the processors share out the batches among them, each with one thread.
public final class TextEmbedder {
  private static final double SMALLEST_NORM = 1e-12;

  private final PreparedEncoder encoder;
  private final Tokenizer tokenizer;
  private final Pooling pooling;
  private final boolean normalize;
  private final EncodingOptions options;

  /// @param normalize whether vectors are scaled to length 1
  /// @param maxLength longest text in tokens; what is longer is cut
  public TextEmbedder(
      PreparedEncoder encoder,
      Tokenizer tokenizer,
      Pooling pooling,
      boolean normalize,
      int maxLength) {
    this.encoder = encoder;
    this.tokenizer = tokenizer;
    this.pooling = pooling;
    this.normalize = normalize;
    int limit = Math.min(maxLength, encoder.config().maxTokens());
    this.options = EncodingOptions.DEFAULT.withMaxLength(limit);
  }

  /// The vectors `[texts][dim]` of `texts`, in their order. Texts of like length share a batch of
  /// at most `batchSize`.
  public List<float[]> embed(List<String> texts, int batchSize) {
    return embed(texts, batchSize, (text, vector) -> vector);
  }

  /// What `then` makes of each text and its vector, in the order of the texts. It is called on
  /// several threads at once, while other texts are still being embedded.
  public <T> List<T> embed(List<String> texts, int batchSize, BiFunction<String, float[], T> then) {
    Piece<T> piece = new Piece<>(texts, then);
    try (var products = encoder.precision().openForProcess();
        Workers workers = new Workers(Math.ceilDiv(texts.size(), batchSize))) {
      return piece.embedded(workers, batchSize);
    }
  }

  /// Begins to embed texts that come in pieces, in batches of at most `batchSize`.
  public Stream stream(int batchSize) {
    return new Stream(batchSize);
  }

  /// Pieces of texts on their way: while one is being embedded the next is read and tokenised. To
  /// be closed by the thread that opened it, before the encoder is.
  public final class Stream implements AutoCloseable {
    private final int batchSize;
    private final Precision.Scope products;
    private final Workers workers;
    private final ExecutorService lane;

    private Stream(int batchSize) {
      this.batchSize = batchSize;
      products = encoder.precision().openForProcess();
      workers = new Workers(Integer.MAX_VALUE);
      lane =
          Executors.newSingleThreadExecutor(
              Thread.ofPlatform().daemon().name("embedder").factory());
    }

    /// Tokenises `texts` on the calling thread and has them embedded behind those that were begun
    /// before: what `then` makes of each text and its vector, in the order of the texts. `then` is
    /// called on several threads at once.
    public <T> CompletableFuture<List<T>> begin(
        List<String> texts, BiFunction<String, float[], T> then) {
      Piece<T> piece = new Piece<>(texts, then);
      return CompletableFuture.supplyAsync(() -> piece.embedded(workers, batchSize), lane);
    }

    /// Waits for all that was begun.
    @Override
    public void close() {
      lane.close();
      workers.close();
      products.close();
    }
  }

  /// Texts, their tokens, and what was made of them.
  private final class Piece<T> {
    private final List<String> texts;
    private final BiFunction<String, float[], T> then;
    private final List<int[]> ids;
    private final List<@Nullable T> results;

    Piece(List<String> texts, BiFunction<String, float[], T> then) {
      this.texts = List.copyOf(texts);
      this.then = then;
      ids = tokenizer.encodeAll(texts, options).stream().map(encoding -> encoding.ids()).toList();
      results = new ArrayList<>(Collections.nCopies(texts.size(), null));
    }

    List<T> embedded(Workers workers, int batchSize) {
      var unused = workers.all(batches(batchSize));
      return results.stream().map(Objects::requireNonNull).toList();
    }

    /// The longest first: what is left to the end is soon done by whoever gets it.
    private List<Supplier<Boolean>> batches(int batchSize) {
      List<Integer> byLength =
          IntStream.range(0, ids.size())
              .boxed()
              .sorted(Comparator.comparingInt(i -> -ids.get(i).length))
              .toList();
      List<Supplier<Boolean>> batches = new ArrayList<>();
      for (int from = 0; from < byLength.size(); from += batchSize) {
        List<Integer> members = byLength.subList(from, Math.min(from + batchSize, byLength.size()));
        batches.add(() -> run(members));
      }
      return batches;
    }

    private boolean run(List<Integer> members) {
      float[] flat = embed(TokenBatch.of(members.stream().map(ids::get).toList(), padId()));
      int dim = encoder.config().dim();
      for (int i = 0; i < members.size(); i++) {
        float[] vector = Arrays.copyOfRange(flat, i * dim, (i + 1) * dim);
        int place = members.get(i);
        results.set(place, then.apply(texts.get(place), vector));
      }
      return true;
    }
  }

  private int padId() {
    return encoder.config().padId();
  }

  private float[] embed(TokenBatch batch) {
    try (var scope = new TensorScope()) {
      TokenInput input = MaskedInput.of(batch);
      Tensor hidden = encoder.encodeAlone(input); // [batch, time, dim]
      Tensor mask =
          input.mask() == null ? torch.ones_like(input.ids()) : input.mask(); // [batch, time]
      Tensor pooled = pooling.pool(hidden, mask); // [batch, dim]
      return Tensors.floats(normalize ? normalized(pooled) : pooled);
    }
  }

  private static Tensor normalized(Tensor pooled) {
    Tensor norms = pooled.mul(pooled).sum(1).sqrt().unsqueeze(1); // [batch, 1]
    return pooled.div(torch.clamp_min(norms, new org.bytedeco.pytorch.Scalar(SMALLEST_NORM)));
  }
}
