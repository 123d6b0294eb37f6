package org.mneme.evaluate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.mneme.data.MaskedBatch;
import org.mneme.model.LanguageModel;
import org.mneme.model.MaskedInput;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Workers;

/// How well a language model guesses tokens of held-out text: masked ones, or the next ones.
public final class MaskedEvaluation {
  private static final long SUM = 2; // at::Reduction::Sum

  private MaskedEvaluation() {}

  /// What was measured.
  ///
  /// @param loss mean negative log-likelihood of the targets, in nats
  /// @param accuracy share of targets whose best-scored word is right, in [0, 1]
  /// @param targets tokens to be guessed
  /// @param tokens real tokens read
  public record Score(double loss, double accuracy, long targets, long tokens, double seconds) {
    /// exp(loss).
    public double perplexity() {
      return Math.exp(loss);
    }

    /// The figures by name, in the order in which `metrics.jsonl` has them.
    public Map<String, Double> metrics() {
      Map<String, Double> metrics = new LinkedHashMap<>();
      metrics.put("loss", loss);
      metrics.put("perplexity", perplexity());
      metrics.put("accuracy", accuracy);
      metrics.put("targets", (double) targets);
      metrics.put("tokens", (double) tokens);
      return metrics;
    }
  }

  /// Reads all batches once, without gradients or dropout, on all processors.
  public static Score evaluate(LanguageModel model, Iterable<MaskedBatch> batches) {
    long started = System.nanoTime();
    List<Supplier<Sums>> tasks = new ArrayList<>();
    batches.forEach(batch -> tasks.add(() -> sums(model, batch)));
    Sums all = new Sums(0, 0, 0, 0);
    try (Workers workers = new Workers(Integer.MAX_VALUE)) {
      for (Sums sums : workers.all(tasks)) {
        all = all.plus(sums);
      }
    }
    double seconds = (System.nanoTime() - started) / 1e9;
    return new Score(
        all.loss / all.targets, (double) all.right / all.targets, all.targets, all.tokens, seconds);
  }

  private record Sums(double loss, long right, long targets, long tokens) {
    Sums plus(Sums other) {
      return new Sums(
          loss + other.loss, right + other.right, targets + other.targets, tokens + other.tokens);
    }
  }

  private static Sums sums(LanguageModel model, MaskedBatch batch) {
    if (batch.targets() == 0) {
      return new Sums(0, 0, 0, batch.tokens());
    }
    try (var scope = new TensorScope();
        var guard = new NoGradGuard()) {
      MaskedInput input = MaskedInput.of(batch);
      Tensor logits = model.logits(input.input(), input.targets(), false); // [targets, vocabulary]
      Tensor best = logits.argmax(new LongOptional(1), false); // [targets]
      return new Sums(
          sumOfLosses(logits, input.labels()),
          best.eq(input.labels()).sum().item_long(),
          batch.targets(),
          batch.tokens());
    }
  }

  private static double sumOfLosses(Tensor logits, Tensor labels) {
    return torch
        .cross_entropy_loss(logits, labels, new TensorOptional(), SUM, -100, 0)
        .item_double();
  }
}
