package org.mneme.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mneme.TinyModel;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.MaskedBatch;
import org.mneme.tensor.Precision;

class MaskedStepsTest {
  private static final int BATCH = 4;
  private static final int TIME = 8;

  @TempDir private static Path temp;
  private static Path folder;

  @BeforeAll
  static void write() {
    folder = TinyModel.golden("hf_bert_mlm", temp.resolve("model"));
  }

  private static MaskedBatch batch(int shift) {
    int tokens = BATCH * TIME;
    long[] ids = LongStream.range(0, tokens).map(i -> 5 + (i + shift) % 20).toArray();
    long[] targets = LongStream.range(0, tokens).filter(i -> i % 5 == 1).toArray();
    long[] labels = LongStream.of(targets).map(at -> ids[(int) at]).toArray();
    long[] attended = LongStream.generate(() -> 1).limit(tokens).toArray();
    return new MaskedBatch(BATCH, TIME, ids, attended, targets, labels, false);
  }

  private static List<Double> losses(Precision precision, int count) {
    List<Double> losses = new ArrayList<>();
    try (PretrainedModel model =
            PretrainedModel.loadWithHead(folder, 1, config -> config.withDropout(0));
        MaskedSteps steps =
            new MaskedSteps(model.maskedLanguageModel(), List.of(batch(0), batch(3)), precision)) {
      for (int i = 0; i < count; i++) {
        losses.add(steps.run());
      }
    }
    return losses;
  }

  @Test
  void batchesComeRoundAndAreLearnt() {
    List<Double> losses = losses(Precision.FLOAT32, 20);
    assertTrue(losses.get(18) < losses.get(0), losses.toString());
    assertTrue(losses.get(19) < losses.get(1), losses.toString());
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void coarserProductsHardlyChangeTheLoss(Precision precision) {
    List<Double> expected = losses(Precision.FLOAT32, 3);
    List<Double> coarse = losses(precision, 3);
    for (int i = 0; i < 3; i++) {
      assertEquals(expected.get(i), coarse.get(i), 0.05);
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void productsAloneRunInEveryPrecision(Precision precision) {
    try (PretrainedModel model = PretrainedModel.load(folder)) {
      var products = new StepProducts(model.encoder().config(), BATCH, TIME, 6, precision);
      assertTrue(products.run() > 0);
    }
  }
}
