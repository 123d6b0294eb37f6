package org.mneme.evaluate;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.mneme.data.TokenBatch;
import org.mneme.memory.ReadListener;
import org.mneme.memory.UsageWindow.SlotShare;
import org.mneme.model.BaseModel;

/// Which tokens read some slots of a memory, and where.
public final class SlotReaders {
  private SlotReaders() {}

  /// A slot and its readers.
  ///
  /// @param readers those that gave it the most weight, the heaviest first
  public record Slot(SlotShare use, List<Reader> readers) {
    /// Copies the list.
    public Slot {
      readers = List.copyOf(readers);
    }
  }

  /// A token of the vocabulary that read a slot.
  ///
  /// @param reads how often, all heads together
  /// @param total the weight of these reads
  /// @param heaviest the weight of the heaviest of them, in [0, 1] after a softmax
  /// @param batch of that read, counted from 0
  /// @param row of that read in its batch
  /// @param position of that read in its row
  public record Reader(
      int tokenId, long reads, double total, double heaviest, int batch, int row, int position) {
    private Reader and(Reader other) {
      Reader best = other.heaviest > heaviest ? other : this;
      return new Reader(
          tokenId,
          reads + other.reads,
          total + other.total,
          best.heaviest,
          best.batch,
          best.row,
          best.position);
    }
  }

  /// Runs `batches` through the model, every real token reading, and reports who reads `slots`.
  ///
  /// @param slots by block
  /// @param most readers of each
  public static Map<Integer, List<Slot>> of(
      BaseModel model, List<TokenBatch> batches, Map<Integer, List<SlotShare>> slots, int most) {
    Map<Integer, Collector> collectors = new LinkedHashMap<>();
    MemoryUse.memories(model)
        .forEach((block, memory) ->
            collectors.put(
                block,
                new Collector(
                    memory.config().readsPerToken(), slots.getOrDefault(block, List.of()))));
    try (MeasuredUse apart = MemoryUse.measure(model, collectors)) {
      for (int i = 0; i < batches.size(); i++) {
        TokenBatch batch = batches.get(i);
        int index = i;
        collectors.values().forEach(collector -> collector.begin(index, batch));
        MemoryUse.read(model, batch);
      }
    }
    Map<Integer, List<Slot>> readers = new LinkedHashMap<>();
    collectors.forEach((block, collector) -> readers.put(block, collector.slots(most)));
    return readers;
  }

  /// Remembers who reads some slots of one memory.
  private static final class Collector implements ReadListener {
    private final int readsPerToken;
    private final List<SlotShare> slots;
    private final Map<Integer, Map<Integer, Reader>> readers = new HashMap<>();
    private int index;
    private TokenBatch batch = TokenBatch.of(List.of(), 0);
    private int[] places = {}; // of the tokens that read, in the batch

    Collector(int readsPerToken, List<SlotShare> slots) {
      this.readsPerToken = readsPerToken;
      this.slots = slots;
      slots.forEach(slot -> readers.put(slot.slot(), new HashMap<>()));
    }

    void begin(int index, TokenBatch batch) {
      this.index = index;
      this.batch = batch;
      long[] mask = batch.attentionMask();
      places = IntStream.range(0, mask.length).filter(i -> mask[i] != 0).toArray();
    }

    @Override
    public void read(MemorySegment slots, MemorySegment weights, int tokens) {
      if (tokens != places.length) {
        throw new IllegalStateException(
            "%d tokens read where %d were to".formatted(tokens, places.length));
      }
      for (int i = 0; i < tokens * readsPerToken; i++) {
        int slot = slots.getAtIndex(ValueLayout.JAVA_INT, i);
        Map<Integer, Reader> known = readers.get(slot);
        if (known != null) {
          Reader reader =
              reader(places[i / readsPerToken], weights.getAtIndex(ValueLayout.JAVA_FLOAT, i));
          known.merge(reader.tokenId(), reader, Reader::and);
        }
      }
    }

    private Reader reader(int place, double weight) {
      int token = (int) batch.inputIds()[place];
      return new Reader(
          token, 1, weight, weight, index, place / batch.time(), place % batch.time());
    }

    List<Slot> slots(int most) {
      List<Slot> all = new ArrayList<>();
      for (SlotShare slot : slots) {
        List<Reader> heaviest =
            readers.getOrDefault(slot.slot(), Map.of()).values().stream()
                .sorted(
                    Comparator.comparingDouble(Reader::total)
                        .reversed()
                        .thenComparingInt(Reader::tokenId))
                .limit(most)
                .toList();
        all.add(new Slot(slot, heaviest));
      }
      return all;
    }
  }
}
