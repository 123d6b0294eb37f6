package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.Spread.RankMass;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class UsageTest {
  private static final SparseMemoryConfig CONFIG =
      SparseMemoryConfig.defaults(4)
          .with(memory -> {
            memory.keys = new ProductKeys(3);
            memory.heads = 2;
            memory.slotsPerHead = 2;
            memory.queryDim = 4;
          });

  @Test
  void spreadOfTheWorkedExample() {
    Spread spread = Spread.of(new double[] {2, 1, 1, 0});
    assertEquals(0.75, spread.used());
    assertEquals(0.3466, spread.kl(), 5e-5);
    assertEquals(0.125, spread.gini(), 1e-12);
    assertEquals(2, spread.top50());
    assertEquals(3, spread.top90());
    assertEquals(3, spread.top99());
    assertEquals(
        List.of(new RankMass(1, 0.5), new RankMass(2, 0.75), new RankMass(4, 1)),
        spread.massByRank());
  }

  @Test
  void evenSpreadHasNoDivergenceAndOneSlotHasAll() {
    assertEquals(0, Spread.of(new double[] {3, 3, 3, 3, 3}).kl(), 1e-12);
    Spread one = Spread.of(new double[] {0, 0, 7, 0});
    assertEquals(Math.log(4), one.kl(), 1e-12);
    assertEquals(0.5, one.gini(), 1e-12);
    assertEquals(1, one.top99());
  }

  @Test
  void nothingReadGivesZeros() {
    UsageReport report = new Usage(CONFIG).report();
    assertEquals(0, report.tokens());
    assertEquals(0, report.usage());
    assertEquals(0, report.klWeight());
    assertEquals(0, report.weight().top50());
    assertEquals(0, report.usedOfCeiling());
    assertEquals(0, report.top1OfCeiling());
    assertEquals(2, report.heads().size());
  }

  @Test
  void countsSlotsWeightsAndTheHeaviestOfEachHead() {
    Usage usage = new Usage(CONFIG);
    usage.start();
    try (var scope = new TensorScope()) {
      // two tokens of two heads of two reads; equal weights: the first is the top-1
      long[] slots = {0, 1, 8, 7, 0, 2, 7, 8};
      Tensor weights = Tensors.of(new float[] {.25f, .75f, .5f, .5f, 1, 0, .5f, .5f}, 2, 2, 2);
      usage.count(slots, weights);
    }
    UsageReport report = usage.report();
    assertEquals(2, report.tokens());
    assertEquals(8, report.reads());
    assertEquals(4, report.topReads());
    assertEquals(4 / 9.0, report.usage(), 1e-12); // slot 2 was read without weight
    assertEquals(5 / 9.0, report.count().used(), 1e-12);
    assertEquals(4 / 9.0, report.top1Usage(), 1e-12);
    assertEquals(Math.log(9) - Math.log(4), report.top1KlCount(), 1e-12);
    assertEquals(1 - Math.exp(-8 / 9.0), report.usedCeiling(), 1e-12);
    assertEquals(1 - Math.exp(-4 / 9.0), report.top1Ceiling(), 1e-12);
    assertEquals(report.top1Usage() / report.top1Ceiling(), report.top1OfCeiling());
    UsageReport second = report.heads().get(1);
    assertEquals(2 / 9.0, second.usage(), 1e-12);
    assertEquals(4, second.reads());
    assertEquals(2, second.topReads());
    assertTrue(second.heads().isEmpty());
  }

  @Test
  void countsOnlyWhileRecording() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      var memory = (SparseMemory) MemoryLayer.create(CONFIG, parameters, "", 1);
      Tensor x = Tensors.of(new float[12], 3, 4);
      memory.forward(x, false);
      assertFalse(memory.usage().recording());
      memory.usage().start();
      memory.forward(x, false);
      memory.forward(x, true);
      memory.usage().stop();
      memory.forward(x, false);
      assertEquals(6, memory.usage().report().tokens());
      memory.usage().reset();
      assertEquals(0, memory.usage().report().tokens());
      assertEquals(0, memory.usage().report().usage());
      memory.usage().start();
      memory.forward(x, false);
      assertEquals(3, memory.usage().report().tokens());
    }
  }
}
