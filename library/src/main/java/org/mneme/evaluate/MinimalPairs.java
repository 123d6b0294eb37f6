package org.mneme.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.mneme.data.CausalBatch;
import org.mneme.data.LengthBatches;
import org.mneme.data.TokenBatch;
import org.mneme.data.TokenLine;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.KeptWords;
import org.mneme.model.MaskedInput;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.tensor.Workers;
import org.mneme.text.Tokenizer;
import org.mneme.train.CrossEntropy;

/// Which of two sentences a causal model finds more likely, without having been taught to tell
/// (Warstadt et al. 2020, BLiMP): sums of logarithms of probabilities of all tokens, the first from
/// the end-of-text token where the tokenizer has one.
public final class MinimalPairs {
  private static final int TOKENS = 2048; // in a batch

  private MinimalPairs() {}

  /// Two sentences, the first of which should be the more likely one.
  public record Pair(String good, String bad) {}

  /// What came of it.
  ///
  /// @param pairs how many there were
  /// @param right those whose good sentence is the more likely one; equally likely ones are wrong
  /// @param likelihoods of good and bad sentences, in nats, by the order of the pairs: `[2 *
  ///   pairs]`
  public record Result(int pairs, int right, double[] likelihoods, double seconds) {
    /// Share of the pairs that are right, in [0, 1].
    public double accuracy() {
      return (double) right / pairs;
    }
  }

  /// Reads all sentences once, those of like length together, on all processors.
  ///
  /// @param maxLength tokens of a sentence, the rest of longer ones is left out
  public static Result evaluate(
      CausalLanguageModel model, Tokenizer tokenizer, List<Pair> pairs, int maxLength) {
    long started = System.nanoTime();
    OptionalInt begin = tokenizer.specialTokens().eos();
    List<int[]> sentences =
        pairs.stream()
            .flatMap(pair -> Stream.of(pair.good, pair.bad))
            .map(text -> ids(tokenizer, begin, text, maxLength))
            .toList();
    KeptWords.bringIn(model, sentences.stream().flatMapToInt(Arrays::stream).asLongStream());
    double[] likelihoods = new double[sentences.size()];
    List<Supplier<Boolean>> tasks = new ArrayList<>();
    int[] lengths = sentences.stream().mapToInt(ids -> ids.length).toArray();
    for (int[] rows : LengthBatches.of(lengths, TOKENS)) {
      tasks.add(() -> {
        likelihoods(model, sentences, rows, tokenizer.padId(), likelihoods);
        return true;
      });
    }
    try (Workers workers = new Workers(Integer.MAX_VALUE)) {
      var unused = workers.all(tasks);
    }
    int right =
        (int)
            IntStream.range(0, pairs.size())
                .filter(i -> likelihoods[2 * i] > likelihoods[2 * i + 1])
                .count();
    double seconds = (System.nanoTime() - started) / 1e9;
    return new Result(pairs.size(), right, likelihoods, seconds);
  }

  private static int[] ids(Tokenizer tokenizer, OptionalInt begin, String text, int maxLength) {
    IntStream ids = Arrays.stream(tokenizer.tokens(text).ids());
    return IntStream.concat(begin.stream(), ids).limit(maxLength).toArray();
  }

  private static void likelihoods(
      CausalLanguageModel model,
      List<int[]> sentences,
      int[] rows,
      int padId,
      double[] likelihoods) {
    CausalBatch batch = batch(Arrays.stream(rows).mapToObj(sentences::get).toList(), padId);
    if (batch.targetCount() == 0) {
      return;
    }
    try (var scope = new TensorScope();
        var guard = new NoGradGuard()) {
      MaskedInput input = MaskedInput.of(batch);
      Tensor hidden = model.base().encodeTargets(input.input(), input.targets(), false);
      double[] losses = CrossEntropy.PLAIN.rows(model, hidden, input.labels()).losses();
      long[] positions = Tensors.longs(input.targets());
      for (int i = 0; i < losses.length; i++) {
        likelihoods[rows[(int) (positions[i] / batch.time())]] -= losses[i];
      }
    }
  }

  private static CausalBatch batch(List<int[]> rows, int padId) {
    TokenBatch tokens = TokenBatch.of(rows, padId);
    long[] targets = new long[tokens.inputIds().length];
    Arrays.fill(targets, TokenLine.NO_TARGET);
    for (int row = 0; row < rows.size(); row++) {
      int[] ids = rows.get(row);
      for (int i = 1; i < ids.length; i++) {
        targets[row * tokens.time() + i - 1] = ids[i];
      }
    }
    return new CausalBatch(
        tokens.batch(),
        tokens.time(),
        tokens.inputIds(),
        tokens.attentionMask(),
        targets,
        new boolean[targets.length],
        tokens.padded(),
        false);
  }
}
