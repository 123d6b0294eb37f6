package org.mneme.evaluate;

import java.util.Map;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.mneme.data.MaskedBatch;
import org.mneme.model.MaskedInput;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.tensor.TensorScope;

/// How well a masked language model fills masks of held-out text.
public final class MaskedEvaluation {
  private static final long SUM = 2; // at::Reduction::Sum

  private MaskedEvaluation() {}

  /// What was measured.
  ///
  /// @param loss mean negative log-likelihood of the masked tokens, in nats
  /// @param accuracy share of masked tokens whose best-scored word is right, in [0, 1]
  /// @param targets masked tokens
  /// @param tokens real tokens read
  public record Score(double loss, double accuracy, long targets, long tokens, double seconds) {
    /// exp(loss).
    public double perplexity() {
      return Math.exp(loss);
    }

    /// The figures by name, as `metrics.jsonl` has them.
    public Map<String, Double> metrics() {
      return Map.of(
          "loss", loss,
          "perplexity", perplexity(),
          "accuracy", accuracy,
          "targets", (double) targets,
          "tokens", (double) tokens);
    }
  }

  /// Reads all batches once, without gradients or dropout.
  public static Score evaluate(MaskedLanguageModel model, Iterable<MaskedBatch> batches) {
    long started = System.nanoTime();
    double loss = 0;
    long right = 0;
    long targets = 0;
    long tokens = 0;
    for (MaskedBatch batch : batches) {
      try (var scope = new TensorScope();
          var guard = new NoGradGuard()) {
        tokens += batch.tokens();
        if (batch.targets() == 0) {
          continue;
        }
        MaskedInput input = MaskedInput.of(batch);
        Tensor logits = model.logits(input.input(), input.targets(), false); // [targets, vocab]
        loss += sumOfLosses(logits, input.labels());
        right += logits.argmax(new LongOptional(1), false).eq(input.labels()).sum().item_long();
        targets += batch.targets();
      }
    }
    double seconds = (System.nanoTime() - started) / 1e9;
    return new Score(loss / targets, (double) right / targets, targets, tokens, seconds);
  }

  private static double sumOfLosses(Tensor logits, Tensor labels) {
    return torch
        .cross_entropy_loss(logits, labels, new TensorOptional(), SUM, -100, 0)
        .item_double();
  }
}
