package org.mneme.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mneme.TinyModel;
import org.mneme.data.CausalBatch;
import org.mneme.evaluate.MaskedEvaluation.Score;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Rows;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.MaskedInput;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class CausalEvaluationTest {
  private static final int WORDS = 104;

  private static CausalLanguageModel model() {
    var memory = TinyModel.memory(16).with(layer -> layer.values = new Rows(ValueInit.NORMAL));
    return new CausalLanguageModel(TinyModel.causal().withMemory(TinyModel.beside(memory, 1)), 3);
  }

  /// The figures from a loop over lines and targets in float64.
  private static Score byHand(CausalLanguageModel model, List<int[]> lines) {
    double loss = 0;
    long right = 0;
    long targets = 0;
    for (int[] line : lines) {
      try (var scope = new TensorScope()) {
        CausalBatch alone = TinyModel.nextTokens(0, List.of(line));
        double[] scores =
            Tensors.doubles(
                model.decode(model.base().encode(MaskedInput.of(alone).input(), false).squeeze(0)));
        for (int i = 0; i + 1 < line.length; i++) {
          double[] logits = Arrays.copyOfRange(scores, i * WORDS, (i + 1) * WORDS);
          double most = Arrays.stream(logits).max().orElseThrow();
          double sum = Arrays.stream(logits).map(x -> Math.exp(x - most)).sum();
          loss += Math.log(sum) + most - logits[line[i + 1]];
          right += logits[line[i + 1]] == most ? 1 : 0;
          targets++;
        }
      }
    }
    long tokens = lines.stream().mapToLong(line -> line.length).sum();
    return new Score(loss / targets, (double) right / targets, targets, tokens, 0);
  }

  @Test
  void equalsALoopOverLinesOneByOne() {
    List<int[]> lines =
        List.of(
            new int[] {2, 67, 81, 64, 3}, new int[] {2, 90, 3}, new int[] {5}, new int[] {9, 9});
    try (CausalLanguageModel model = model()) {
      Score expected = byHand(model, lines);
      Score together = CausalEvaluation.evaluate(model, List.of(TinyModel.nextTokens(0, lines)));
      Score apart =
          CausalEvaluation.evaluate(
              model, lines.stream().map(line -> TinyModel.nextTokens(0, List.of(line))).toList());
      for (Score score : List.of(together, apart)) {
        assertEquals(expected.loss(), score.loss(), 1e-5);
        assertEquals(expected.accuracy(), score.accuracy(), 1e-12);
        assertEquals(7, score.targets());
        assertEquals(11, score.tokens());
      }
    }
  }

  @Test
  void aFreshModelGuessesAtRandom() {
    try (CausalLanguageModel model = model()) {
      Score score = CausalEvaluation.evaluate(model, TinyModel.nextTokens(60, 200, 3).inOrder());
      assertEquals(Math.log(WORDS), score.loss(), 0.5);
      assertTrue(score.accuracy() < 0.3);
    }
  }
}
