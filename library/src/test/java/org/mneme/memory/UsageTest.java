package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.Spread.RankMass;
import org.mneme.memory.UsageWindow.SlotShare;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class UsageTest {
  private static Usage small() {
    return new Usage(9, 2, 2);
  }

  private static MemorySegment ints(int... values) {
    MemorySegment segment = Arena.ofAuto().allocate(4L * values.length);
    MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_INT, 0, values.length);
    return segment;
  }

  private static MemorySegment floats(float... values) {
    MemorySegment segment = Arena.ofAuto().allocate(4L * values.length);
    MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, values.length);
    return segment;
  }

  private static UsageReport report(UsageWindow window) {
    try (window) {
      return window.report();
    }
  }

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
    assertEquals(
        List.of(new RankMass(1, 1), new RankMass(2, 1), new RankMass(4, 1)), one.massByRank());
  }

  @Test
  void nothingReadGivesZeros() {
    UsageReport report = report(small().take());
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
    Usage usage = small();
    // two tokens of two heads of two reads; equal weights: the first is the top-1
    usage.count(ints(0, 1, 8, 7, 0, 2, 7, 8), floats(.25f, .75f, .5f, .5f, 1, 0, .5f, .5f), 2);
    UsageReport report = report(usage.take());
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
  void headsThatWeighNothingHaveATopReadAllTheSame() {
    Usage usage = small();
    usage.count(ints(3, 4, 5, 6), floats(0, 0, 2, 3), 1); // as a ReLU of low scores gives them
    UsageReport report = report(usage.take());
    assertEquals(2 / 9.0, report.usage(), 1e-12);
    assertEquals(2 / 9.0, report.top1Usage(), 1e-12); // slots 3 and 6
    assertEquals(1 / 9.0, report.top1Weight().used(), 1e-12);
    assertEquals(1 / 9.0, report.heads().get(0).top1Usage(), 1e-12);
    assertEquals(0, report.heads().get(0).klWeight());
  }

  @Test
  void theHeaviestSlotsComeFirst() {
    Usage usage = small();
    usage.count(ints(0, 1, 8, 7, 0, 2, 7, 8), floats(.25f, .75f, .5f, .5f, 1, 0, .5f, .5f), 2);
    try (UsageWindow window = usage.take()) {
      assertEquals(
          List.of(
              new SlotShare(0, 1.25 / 4, 2), new SlotShare(7, 0.25, 2), new SlotShare(8, 0.25, 2)),
          window.heaviest(3));
      assertEquals(4, window.heaviest(9).size()); // slot 2 has no weight
    }
  }

  @Test
  void windowsAreWhatWasReadSinceTheLast() {
    Usage usage = small();
    MemorySegment slots = ints(0, 1, 8, 7);
    MemorySegment weights = floats(.5f, .5f, .5f, .5f);
    usage.count(slots, weights, 1);
    usage.count(slots, weights, 1);
    UsageReport first = report(usage.take());
    assertEquals(2, first.tokens());
    usage.count(ints(2, 3, 4, 5), weights, 1);
    UsageWindow second = usage.take();
    usage.count(slots, weights, 1); // a taken window counts no more
    assertEquals(4 / 9.0, second.total().usage(), 1e-12);
    assertEquals(1, second.tokens());
    assertEquals(List.of(), second.total().heads());
    second.close();
    assertThrows(IllegalStateException.class, second::report);
    assertEquals(1, report(usage.take()).tokens());
    assertEquals(0, report(usage.take()).tokens());
  }

  @Test
  void whatIsMeasuredIsCountedThereAlone() {
    Usage usage = small();
    MemorySegment slots = ints(0, 1, 8, 7);
    MemorySegment weights = floats(.5f, .5f, .5f, .5f);
    List<Integer> heard = new ArrayList<>();
    usage.count(slots, weights, 1);
    try (UsageWindow outer = usage.measure((s, w, tokens) -> heard.add(tokens))) {
      usage.count(slots, weights, 1);
      try (UsageWindow inner = usage.measure()) {
        usage.count(slots, weights, 1);
        usage.count(slots, weights, 1);
        usage.count(slots, weights, 1);
        assertEquals(3, inner.tokens());
      }
      assertEquals(1, report(usage.take()).tokens());
      usage.count(slots, weights, 0);
      usage.count(slots, weights, 1);
      assertEquals(2, outer.tokens());
    }
    assertEquals(List.of(1, 1), heard);
    usage.count(slots, weights, 1);
    assertEquals(1, report(usage.take()).tokens());
  }

  @Test
  void aRunningWindowThatNobodyTakesBeginsAnew() {
    Usage usage = new Usage(2, 1, 1);
    int tokens = 1 << 20;
    MemorySegment slots = Arena.ofAuto().allocate(4L * tokens);
    MemorySegment weights = Arena.ofAuto().allocate(4L * tokens);
    long counted = 0;
    for (; counted <= Usage.MOST_TOKENS; counted += tokens) {
      usage.count(slots, weights, tokens);
    }
    assertEquals(tokens, report(usage.take()).tokens());
    try (UsageWindow measured = usage.measure()) {
      for (long again = 0; again < counted; again += tokens) {
        usage.count(slots, weights, tokens);
      }
      assertEquals(counted, measured.tokens());
      assertEquals(List.of(), measured.heaviest(1)); // no weight
      assertEquals(0.5, measured.report().top1Usage());
    }
  }

  /// Two workers of a trainer read at once, and heads are counted on several threads.
  @Test
  void manyThreadsLoseNothing() throws Exception {
    int slots = 1000;
    int heads = 3;
    int k = 5;
    int tokens = 4000; // enough for a thread a head
    Random random = new Random(1);
    int[] read = random.ints(tokens * heads * k, 0, slots).toArray();
    float[] weight = new float[read.length];
    double[][] expected = new double[heads + 1][slots];
    for (int i = 0; i < weight.length; i++) {
      weight[i] = random.nextInt(8) / 8f; // exact, in whichever order they are added
      expected[i / k % heads][read[i]] += 20 * weight[i];
      expected[heads][read[i]] += 20 * weight[i];
    }
    Usage usage = new Usage(slots, heads, k);
    MemorySegment allSlots = ints(read);
    MemorySegment allWeights = floats(weight);
    try (var executor = Executors.newFixedThreadPool(4)) {
      List<Future<?>> calls = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        calls.add(executor.submit(() -> usage.count(allSlots, allWeights, tokens)));
      }
      for (Future<?> call : calls) {
        call.get();
      }
    }
    UsageReport report = report(usage.take());
    assertEquals(20L * tokens, report.tokens());
    assertEquals(Spread.of(expected[heads]), report.weight());
    for (int head = 0; head < heads; head++) {
      assertEquals(Spread.of(expected[head]), report.heads().get(head).weight());
    }
  }

  @Test
  void aSlotThatIsNotThereIsRefused() {
    MemorySegment weights = floats(1, 1, 1, 1);
    assertThrows(
        IndexOutOfBoundsException.class, () -> small().count(ints(0, 1, 9, 2), weights, 1));
    assertThrows(
        IndexOutOfBoundsException.class, () -> small().count(ints(0, -1, 1, 2), weights, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> small().count(ints(0, 1), weights, 1));
  }

  @Test
  void everyReadOfALayerCounts() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      SparseMemoryConfig config =
          SparseMemoryConfig.defaults(4)
              .with(draft -> {
                draft.keys = new ProductKeys(3);
                draft.heads = 2;
                draft.slotsPerHead = 2;
                draft.queryDim = 4;
              });
      var memory = (SparseMemory) MemoryLayer.create(config, parameters, "", 1);
      Tensor x = Tensors.of(new float[12], 3, 4);
      memory.forward(x, false);
      memory.forward(x, true);
      assertEquals(6, report(memory.usage().take()).tokens());
      memory.forward(x, false);
      assertEquals(3, report(memory.usage().take()).tokens());
    }
  }
}
