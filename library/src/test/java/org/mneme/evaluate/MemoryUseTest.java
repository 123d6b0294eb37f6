package org.mneme.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.mneme.TinyModel;
import org.mneme.data.TokenBatch;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.SparseMemory;
import org.mneme.memory.UsageReport;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Rows;
import org.mneme.model.BertConfig;
import org.mneme.model.MaskedInput;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class MemoryUseTest {
  private static final int DIM = 16;

  private static MaskedLanguageModel model() {
    var memory = TinyModel.memory(DIM).with(layer -> layer.values = new Rows(ValueInit.NORMAL));
    BertConfig config = TinyModel.config().withMemory(TinyModel.beside(memory, 0, 1));
    return new MaskedLanguageModel(config, 2);
  }

  private static List<int[]> lines() {
    Random random = new Random(5);
    List<int[]> lines = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      lines.add(random.ints(3 + random.nextInt(9), 5, 104).toArray());
    }
    return lines;
  }

  @Test
  void whatIsCountedIsWhatWasRead() {
    try (var model = model();
        var scope = new TensorScope()) {
      SparseMemory memory = MemoryUse.memories(model.encoder()).get(1);
      Random random = new Random(3);
      Tensor x = Tensors.of(random.doubles(50 * DIM, -1, 1).toArray(), 50, DIM);
      Tensor floats = Tensors.of(Tensors.floats(x), 50, DIM);
      double[] mass = new double[64];
      double[] top = new double[64];
      SparseMemory.Read read = memory.read(floats, false);
      long[] slots = Tensors.longs(read.slots()); // [tokens, heads, slotsPerHead]
      double[] weights = Tensors.doubles(read.weights());
      for (int i = 0; i < slots.length; i++) {
        mass[(int) slots[i]] += weights[i];
        top[(int) slots[i]] += i % 4 == 0 ? 1 : 0;
      }
      Map<Integer, UsageReport> reports =
          MemoryUse.counting(
              model.encoder(),
              () -> {
                Tensor unused = memory.forward(floats, false);
              });
      UsageReport report = reports.get(1);
      assertEquals(50, report.tokens());
      assertEquals(50 * 2 * 4, report.reads());
      assertEquals(used(mass), report.usage(), 1e-12);
      assertEquals(used(top), report.top1Usage(), 1e-12);
      assertEquals(kl(mass), report.klWeight(), 1e-6);
      assertEquals(kl(top), report.top1KlCount(), 1e-9);
      assertEquals(0, reports.get(0).tokens());
    }
  }

  private static double used(double[] mass) {
    int used = 0;
    for (double one : mass) {
      used += one > 0 ? 1 : 0;
    }
    return used / 64.0;
  }

  private static double kl(double[] mass) {
    double sum = 0;
    for (double one : mass) {
      sum += one;
    }
    double kl = Math.log(64);
    for (double one : mass) {
      kl += one > 0 ? one / sum * Math.log(one / sum) : 0;
    }
    return kl;
  }

  @Test
  void paddingReadsNothing() {
    try (var model = model()) {
      List<TokenBatch> together = List.of(TokenBatch.of(lines(), 0));
      assertTrue(together.getFirst().padded());
      List<TokenBatch> apart =
          lines().stream().map(line -> TokenBatch.of(List.of(line), 0)).toList();
      Map<Integer, UsageReport> all = MemoryUse.of(model.encoder(), together);
      Map<Integer, UsageReport> one = MemoryUse.of(model.encoder(), apart);
      assertEquals(List.of(0, 1), List.copyOf(all.keySet()));
      assertEquals(one.keySet(), all.keySet());
      one.forEach((block, report) -> {
        Map<String, Double> expected = MemoryUse.figures(report);
        Map<String, Double> actual = MemoryUse.figures(all.get(block));
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, value) -> assertEquals(value, actual.get(name), 1e-5, name));
        assertEquals(2, report.heads().size());
      });
    }
  }

  @Test
  void evaluationsLeaveTheFiguresOfTheTrainingAsTheyWere() {
    try (var model = model();
        var scope = new TensorScope()) {
      TokenBatch batch = TokenBatch.of(lines(), 0);
      long tokens = Arrays.stream(batch.attentionMask()).sum();
      Tensor unused = model.encoder().encode(MaskedInput.of(batch), true);
      Map<Integer, UsageReport> measured = MemoryUse.of(model.encoder(), List.of(batch, batch));
      assertThrows(
          IllegalStateException.class,
          () ->
              MemoryUse.counting(
                  model.encoder(),
                  () -> {
                    throw new IllegalStateException("in the middle");
                  }));
      unused = model.encoder().encode(MaskedInput.of(batch), true);
      measured.values().forEach(report -> assertEquals(2 * tokens, report.tokens()));
      Map<Integer, UsageReport> taken = taken(model);
      assertEquals(measured.keySet(), taken.keySet());
      taken.values().forEach(report -> assertEquals(2 * tokens, report.tokens()));
      taken.values().forEach(report -> assertEquals(List.of(), report.heads()));
      taken(model).values().forEach(again -> assertEquals(0, again.tokens()));
    }
  }

  private static Map<Integer, UsageReport> taken(MaskedLanguageModel model) {
    try (MeasuredUse use = MemoryUse.take(model.encoder())) {
      use.reads()
          .forEach((block, reads) ->
              assertEquals(use.totals().get(block).reads(), (long) Arrays.stream(reads).sum()));
      return use.totals();
    }
  }

  @Test
  void everyCountBeginsAnew() {
    try (var model = model()) {
      List<TokenBatch> batches = List.of(TokenBatch.of(lines(), 0));
      Map<Integer, UsageReport> first = MemoryUse.of(model.encoder(), batches);
      assertEquals(first, MemoryUse.of(model.encoder(), batches));
    }
  }

  @Test
  void denseLayersHaveNoSlots() {
    BertConfig config = TinyModel.config().withMemory(TinyModel.beside(new DenseConfig(DIM, 3), 0));
    try (var model = new MaskedLanguageModel(config, 2)) {
      assertEquals(1, model.encoder().memories().size());
      assertEquals(Map.of(), MemoryUse.memories(model.encoder()));
      assertEquals(Map.of(), MemoryUse.of(model.encoder(), List.of(TokenBatch.of(lines(), 0))));
    }
  }
}
