package org.mneme.evaluate;

import java.util.ArrayList;
import java.util.List;
import org.mneme.data.CausalBatch;
import org.mneme.evaluate.MaskedEvaluation.Question;
import org.mneme.evaluate.MaskedEvaluation.Score;
import org.mneme.evaluate.MaskedEvaluation.Sums;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.KeptWords;
import org.mneme.model.MaskedInput;
import org.mneme.model.SegmentMemory;
import org.mneme.model.TransformerXlConfig;
import org.mneme.tensor.Workers;

/// How well a causal language model guesses the next tokens of held-out text.
public final class CausalEvaluation {
  private CausalEvaluation() {}

  /// Reads all batches once, without gradients or dropout, on all processors. A recurrent model
  /// remembers as many tokens as in training where batches go on.
  public static Score evaluate(CausalLanguageModel model, Iterable<CausalBatch> batches) {
    return model.config() instanceof TransformerXlConfig recurrent
        ? evaluate(model, batches, recurrent.attention().memoryLength())
        : score(model, read(model, batches));
  }

  /// The same of a recurrent model that remembers `memoryLength` tokens.
  public static Score evaluate(
      CausalLanguageModel model, Iterable<CausalBatch> batches, int memoryLength) {
    List<CausalBatch> all = read(model, batches);
    return model.config() instanceof TransformerXlConfig recurrent
            && all.stream().anyMatch(CausalBatch::continues)
        ? remembering(model, recurrent, all, memoryLength)
        : score(model, all);
  }

  private static List<CausalBatch> read(CausalLanguageModel model, Iterable<CausalBatch> batches) {
    List<CausalBatch> all = new ArrayList<>();
    batches.forEach(all::add);
    KeptWords.bringIn(model, all.stream().flatMapToLong(CausalBatch::ids));
    return all;
  }

  private static Score score(CausalLanguageModel model, List<CausalBatch> batches) {
    List<Question> questions = new ArrayList<>();
    batches.forEach(batch ->
        questions.add(
            new Question(() -> MaskedInput.of(batch), batch.targetCount(), batch.tokens())));
    return MaskedEvaluation.score(model, questions);
  }

  /// Batch by batch; rows of one at the same time.
  private static Score remembering(
      CausalLanguageModel model,
      TransformerXlConfig config,
      List<CausalBatch> batches,
      int memoryLength) {
    long started = System.nanoTime();
    int rows = batches.stream().mapToInt(CausalBatch::batch).max().orElse(0);
    Sums all = Sums.NONE;
    try (Workers workers = new Workers(Integer.MAX_VALUE);
        SegmentMemory memory = new SegmentMemory(config, rows, memoryLength)) {
      for (CausalBatch batch : batches) {
        if (!batch.continues()) {
          memory.clear();
        }
        int parts = Math.min(workers.count(), batch.batch());
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < parts; i++) {
          int from = batch.batch() * i / parts;
          CausalBatch part = batch.rows(from, batch.batch() * (i + 1) / parts);
          questions.add(
              new Question(
                  () -> MaskedInput.of(part, memory.part(from, part)),
                  part.targetCount(),
                  part.tokens()));
        }
        all = all.plus(MaskedEvaluation.sums(model, questions, workers));
        memory.advance(batch);
      }
    }
    return all.score(started);
  }
}
