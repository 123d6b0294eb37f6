package org.mneme.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.PointerCount;
import org.mneme.TinyModel;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.MaskedBatch;
import org.mneme.evaluate.MaskedEvaluation.Score;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Rows;
import org.mneme.model.MaskedInput;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class MaskedEvaluationTest {
  private static final int THE = 62;

  @TempDir Path temp;

  private PretrainedModel model() {
    Path plain = TinyModel.golden("hf_bert_mlm", temp.resolve("plain"));
    var memory = TinyModel.memory(40).with(layer -> layer.values = new Rows(ValueInit.NORMAL));
    PretrainedModel model = PretrainedModel.augment(plain, TinyModel.beside(memory, 1, 2), 3);
    Tensors.memory(model.parameters().get("cls.predictions.bias"))
        .setAtIndex(ValueLayout.JAVA_FLOAT, THE, 3); // so that some guesses are right
    return model;
  }

  /// The line `row` of a batch by itself, without its padding.
  private static MaskedBatch line(MaskedBatch batch, int row) {
    MaskedBatch one = batch.rows(row, row + 1);
    int length = (int) one.tokens();
    return new MaskedBatch(
        1,
        length,
        Arrays.copyOf(one.inputIds(), length),
        Arrays.copyOf(one.attentionMask(), length),
        one.targetPositions(),
        one.targetLabels(),
        false);
  }

  /// The figures from a loop over lines and targets in float64.
  private static Score byHand(MaskedLanguageModel model, Iterable<MaskedBatch> batches) {
    double loss = 0;
    long right = 0;
    long targets = 0;
    long tokens = 0;
    for (MaskedBatch batch : batches) {
      for (int row = 0; row < batch.batch(); row++) {
        MaskedBatch one = line(batch, row);
        tokens += one.time();
        try (var scope = new TensorScope()) {
          MaskedInput input = MaskedInput.of(one);
          double[] hidden =
              Tensors.doubles(
                  model.decode(model.encoder().encode(input.input(), false).squeeze(0)));
          for (int i = 0; i < one.targets(); i++) {
            int from = (int) one.targetPositions()[i] * 104;
            double[] logits = Arrays.copyOfRange(hidden, from, from + 104);
            double most = Arrays.stream(logits).max().orElseThrow();
            double sum = Arrays.stream(logits).map(x -> Math.exp(x - most)).sum();
            double own = logits[(int) one.targetLabels()[i]];
            loss += Math.log(sum) + most - own;
            right += own == most ? 1 : 0;
            targets++;
          }
        }
      }
    }
    return new Score(loss / targets, (double) right / targets, targets, tokens, 0);
  }

  @Test
  void equalsALoopOverLinesOneByOne() {
    try (PretrainedModel model = model()) {
      var batches = TinyModel.batches(150, 200, 8).inOrder();
      Score expected = byHand(model.maskedLanguageModel(), batches);
      Score score = MaskedEvaluation.evaluate(model.maskedLanguageModel(), batches);
      assertEquals(expected.loss(), score.loss(), 1e-5);
      assertEquals(expected.accuracy(), score.accuracy(), 1e-12);
      assertTrue(score.accuracy() > 0.1 && score.accuracy() < 0.9, "right " + score.accuracy());
      assertEquals(expected.targets(), score.targets());
      assertEquals(expected.tokens(), score.tokens());
      assertEquals(Math.exp(score.loss()), score.perplexity());
    }
  }

  @Test
  void theSizeOfBatchesDoesNotMatter() {
    try (PretrainedModel model = model()) {
      Score small =
          MaskedEvaluation.evaluate(
              model.maskedLanguageModel(), TinyModel.batches(80, 40, 8).inOrder());
      Score large =
          MaskedEvaluation.evaluate(
              model.maskedLanguageModel(), TinyModel.batches(80, 4000, 8).inOrder());
      assertEquals(small.loss(), large.loss(), 1e-5);
      assertEquals(small.targets(), large.targets());
      assertEquals(small.tokens(), large.tokens());
    }
  }

  @Test
  void batchesWithoutTargetsCountTheirTokensOnly() {
    try (PretrainedModel model = model()) {
      List<MaskedBatch> batches = new ArrayList<>();
      TinyModel.batches(20, 4000, 8).inOrder().forEach(batches::add);
      Score before = MaskedEvaluation.evaluate(model.maskedLanguageModel(), batches);
      batches.add(
          new MaskedBatch(
              1, 3, new long[] {2, 67, 3}, new long[] {1, 1, 1}, new long[0], new long[0], false));
      Score after = MaskedEvaluation.evaluate(model.maskedLanguageModel(), batches);
      assertEquals(before.loss(), after.loss());
      assertEquals(before.targets(), after.targets());
      assertEquals(before.tokens() + 3, after.tokens());
    }
  }

  @Test
  void metricsHaveTheirNamesAndOrder() {
    assertEquals(
        List.of("loss", "perplexity", "accuracy", "targets", "tokens"),
        List.copyOf(new Score(1, 0.5, 2, 3, 4).metrics().keySet()));
  }

  @Test
  void evaluationsAreAlikeAndLeaveNoTensorsBehind() {
    try (PretrainedModel model = model()) {
      var batches = TinyModel.batches(60, 100, 8).inOrder();
      Score first = MaskedEvaluation.evaluate(model.maskedLanguageModel(), batches);
      long before = PointerCount.settled();
      for (int i = 0; i < 4; i++) {
        Score again = MaskedEvaluation.evaluate(model.maskedLanguageModel(), batches);
        assertEquals(first.loss(), again.loss());
      }
      assertEquals(before, PointerCount.now());
    }
  }
}
