package org.mneme.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mneme.TinyModel;
import org.mneme.data.TokenBatch;
import org.mneme.memory.UsageReport;
import org.mneme.memory.UsageWindow.SlotShare;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Rows;
import org.mneme.model.BertConfig;
import org.mneme.model.MaskedLanguageModel;

class SlotReadersTest {
  private static final int DIM = 16;
  private static final int SLOTS = 64;

  private static List<TokenBatch> batches() {
    Random random = new Random(5);
    List<TokenBatch> batches = new ArrayList<>();
    for (int batch = 0; batch < 3; batch++) {
      List<int[]> lines = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        lines.add(random.ints(2 + (batch == 1 ? 3 : i), 5, 20).toArray()); // one without padding
      }
      batches.add(TokenBatch.of(lines, 0));
    }
    return batches;
  }

  private static long tokens(List<TokenBatch> batches) {
    return batches.stream().flatMapToLong(b -> java.util.Arrays.stream(b.attentionMask())).sum();
  }

  @Test
  void everyReadHasItsReaderAndItsPlace() {
    var memory = TinyModel.memory(DIM).with(layer -> layer.values = new Rows(ValueInit.NORMAL));
    BertConfig config = TinyModel.config().withMemory(TinyModel.beside(memory, 0, 1));
    try (var model = new MaskedLanguageModel(config, 2)) {
      List<TokenBatch> batches = batches();
      Map<Integer, List<SlotShare>> all;
      Map<Integer, List<SlotReaders.Slot>> found;
      Map<Integer, UsageReport> reports;
      try (MeasuredUse use = MemoryUse.measure(model.encoder())) {
        MemoryUse.read(model.encoder(), batches);
        all = use.heaviest(SLOTS);
        found = SlotReaders.of(model.encoder(), batches, all, Integer.MAX_VALUE);
        reports = use.reports(); // reading again did not count
      }
      assertEquals(List.of(0, 1), List.copyOf(found.keySet()));
      found.forEach((block, slots) -> {
        assertEquals(tokens(batches), reports.get(block).tokens());
        long reads = 0;
        double weight = 0;
        for (int i = 0; i < slots.size(); i++) {
          assertEquals(all.get(block).get(i), slots.get(i).use());
          assertReaders(slots.get(i), batches);
          reads += slots.get(i).use().reads();
          weight += slots.get(i).use().share();
        }
        assertEquals(reports.get(block).reads(), reads);
        assertEquals(1, weight, 1e-6);
      });
    }
  }

  private static void assertReaders(SlotReaders.Slot slot, List<TokenBatch> batches) {
    Map<Integer, Long> seen = new HashMap<>();
    double last = Double.MAX_VALUE;
    for (SlotReaders.Reader reader : slot.readers()) {
      TokenBatch batch = batches.get(reader.batch());
      int place = reader.row() * batch.time() + reader.position();
      assertEquals(reader.tokenId(), batch.inputIds()[place]);
      assertEquals(1, batch.attentionMask()[place]);
      assertTrue(reader.total() <= last);
      assertTrue(reader.heaviest() <= reader.total() && reader.heaviest() > 0);
      last = reader.total();
      seen.put(reader.tokenId(), reader.reads());
    }
    assertEquals(slot.readers().size(), seen.size());
    assertEquals(slot.use().reads(), seen.values().stream().mapToLong(Long::longValue).sum());
  }

  @Test
  void onlyTheSlotsAskedForAndTheHeaviestReadersAreKept() {
    var memory = TinyModel.memory(DIM).with(layer -> layer.values = new Rows(ValueInit.NORMAL));
    BertConfig config = TinyModel.config().withMemory(TinyModel.beside(memory, 1));
    try (var model = new MaskedLanguageModel(config, 2);
        MeasuredUse use = MemoryUse.measure(model.encoder())) {
      List<TokenBatch> batches = batches();
      MemoryUse.read(model.encoder(), batches);
      var all = SlotReaders.of(model.encoder(), batches, use.heaviest(3), 100).get(1);
      var some = SlotReaders.of(model.encoder(), batches, use.heaviest(3), 2).get(1);
      assertEquals(3, all.size());
      for (int i = 0; i < 3; i++) {
        assertEquals(all.get(i).readers().subList(0, 2), some.get(i).readers());
      }
      assertEquals(List.of(), SlotReaders.of(model.encoder(), batches, Map.of(), 2).get(1));
    }
  }
}
