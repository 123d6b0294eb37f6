package org.mneme.evaluate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.mneme.data.MaskedBatch;
import org.mneme.model.KeptWords;
import org.mneme.model.LanguageModel;
import org.mneme.model.MaskedInput;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Workers;
import org.mneme.train.CrossEntropy;

/// How well a masked language model fills masks of held-out text.
public final class MaskedEvaluation {
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
    List<MaskedBatch> all = new ArrayList<>();
    batches.forEach(all::add);
    KeptWords.bringIn(model, all.stream().flatMapToLong(MaskedBatch::ids));
    List<Question> questions = new ArrayList<>();
    all.forEach(batch ->
        questions.add(new Question(() -> MaskedInput.of(batch), batch.targets(), batch.tokens())));
    return score(model, questions);
  }

  /// A batch that is not yet made into tensors.
  record Question(Supplier<MaskedInput> input, int targets, long tokens) {}

  static Score score(LanguageModel model, List<Question> questions) {
    long started = System.nanoTime();
    try (Workers workers = new Workers(Integer.MAX_VALUE)) {
      return sums(model, questions, workers).score(started);
    }
  }

  static Sums sums(LanguageModel model, List<Question> questions, Workers workers) {
    List<Supplier<Sums>> tasks = new ArrayList<>();
    questions.forEach(question -> tasks.add(() -> sums(model, question)));
    Sums all = Sums.NONE;
    for (Sums sums : workers.all(tasks)) {
      all = all.plus(sums);
    }
    return all;
  }

  /// What came of questions so far.
  record Sums(double loss, long right, long targets, long tokens) {
    static final Sums NONE = new Sums(0, 0, 0, 0);

    /// @param started what the clock said then, in nanoseconds
    Score score(long started) {
      double seconds = (System.nanoTime() - started) / 1e9;
      return new Score(loss / targets, (double) right / targets, targets, tokens, seconds);
    }

    Sums plus(Sums other) {
      return new Sums(
          loss + other.loss, right + other.right, targets + other.targets, tokens + other.tokens);
    }
  }

  private static Sums sums(LanguageModel model, Question question) {
    if (question.targets == 0) {
      return new Sums(0, 0, 0, question.tokens);
    }
    try (var scope = new TensorScope();
        var guard = new NoGradGuard()) {
      MaskedInput input = question.input.get();
      Tensor hidden = model.base().encodeTargets(input.input(), input.targets(), false);
      CrossEntropy.Score score = CrossEntropy.PLAIN.score(model, hidden, input.labels());
      return new Sums(score.loss(), score.right(), question.targets, question.tokens);
    }
  }
}
