package org.mneme.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.data.CausalBatch;
import org.mneme.data.task.FactRows;
import org.mneme.data.task.FactRows.Asked;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.KeptWords;
import org.mneme.model.MaskedInput;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.tensor.Workers;
import org.mneme.train.BlockOutputs;
import org.mneme.train.CrossEntropy;

/// How well a causal model knows facts.
public final class FactsEvaluation {
  private static final int TOKENS = 512; // of a batch

  private FactsEvaluation() {}

  /// What was measured.
  ///
  /// @param loss mean negative log-likelihood of the answers' tokens, in nats
  /// @param accuracy share of these tokens that are the best-scored one after the right ones before
  ///   them, in [0, 1]
  /// @param exact share of the facts with every token of the answer right: what greedy generation
  ///   gives back whole, in [0, 1]
  /// @param tokens of answers
  public record Score(double loss, double accuracy, double exact, long facts, long tokens) {
    /// The figures by name.
    public Map<String, Double> metrics() {
      Map<String, Double> metrics = new LinkedHashMap<>();
      metrics.put("loss", loss);
      metrics.put("accuracy", accuracy);
      metrics.put("exact", exact);
      metrics.put("facts", (double) facts);
      metrics.put("tokens", (double) tokens);
      return metrics;
    }
  }

  private record Sums(double loss, long right, long exact, long tokens) {}

  /// Asks for all facts, without gradients or dropout, on all processors.
  public static Score evaluate(CausalLanguageModel model, FactRows rows) {
    return evaluate(model, rows, null);
  }

  /// The same where the first blocks have run on the facts already.
  ///
  /// @param below what they came to; null for nothing
  public static Score evaluate(
      CausalLanguageModel model, FactRows rows, @Nullable BlockOutputs below) {
    KeptWords.bringIn(
        model,
        IntStream.range(0, rows.size())
            .flatMap(row -> Arrays.stream(rows.ids(row)))
            .asLongStream());
    List<Supplier<Sums>> tasks = new ArrayList<>();
    for (int[] batch : rows.byLength(TOKENS)) {
      tasks.add(() -> sums(model, batch, rows.batch(batch, Asked.TO_SCORE), below));
    }
    double loss = 0;
    long right = 0;
    long exact = 0;
    long tokens = 0;
    try (Workers workers = new Workers(Integer.MAX_VALUE)) {
      for (Sums sums : workers.all(tasks)) {
        loss += sums.loss;
        right += sums.right;
        exact += sums.exact;
        tokens += sums.tokens;
      }
    }
    return new Score(
        loss / tokens, (double) right / tokens, (double) exact / rows.size(), rows.size(), tokens);
  }

  private static Sums sums(
      CausalLanguageModel model, int[] rows, CausalBatch batch, @Nullable BlockOutputs below) {
    try (var scope = new TensorScope();
        var guard = new NoGradGuard()) {
      MaskedInput input = MaskedInput.of(batch);
      Tensor hidden =
          below == null
              ? model.base().encodeTargets(input.input(), input.targets(), false)
              : below.encodeTargets(rows, input, false); // [targets, dim]
      long[] positions = Tensors.longs(input.targets());
      CrossEntropy.Rows guessed = CrossEntropy.PLAIN.rows(model, hidden, input.labels());
      double loss = Arrays.stream(guessed.losses()).sum();
      long right = 0;
      boolean[] wrong = new boolean[batch.batch()];
      for (int i = 0; i < positions.length; i++) {
        boolean hit = guessed.right()[i];
        right += hit ? 1 : 0;
        wrong[(int) (positions[i] / batch.time())] |= !hit;
      }
      long exact = 0;
      for (boolean one : wrong) {
        exact += one ? 0 : 1;
      }
      return new Sums(loss, right, exact, positions.length);
    }
  }
}
