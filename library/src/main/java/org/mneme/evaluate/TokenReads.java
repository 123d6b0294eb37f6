package org.mneme.evaluate;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.mneme.data.TokenBatch;
import org.mneme.memory.ReadListener;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.model.BaseModel;

/// What the tokens of a text read.
public final class TokenReads {
  private TokenReads() {}

  /// A read.
  ///
  /// @param slot of the memory
  /// @param head that read it, counted from 0
  /// @param weight in [0, 1] after a softmax
  public record Read(int slot, int head, double weight) {}

  /// Runs a text through the model; returns by block, for each of its tokens, the heaviest reads.
  ///
  /// @param ids of the text's tokens, at least one
  /// @param most reads of a token, all heads together
  public static Map<Integer, List<List<Read>>> of(BaseModel model, int[] ids, int most) {
    Map<Integer, Collector> collectors = new LinkedHashMap<>();
    MemoryUse.memories(model)
        .forEach((block, memory) -> collectors.put(block, new Collector(memory.config(), most)));
    try (MeasuredUse apart = MemoryUse.measure(model, collectors)) {
      MemoryUse.read(model, TokenBatch.of(List.of(ids), 0));
    }
    Map<Integer, List<List<Read>>> reads = new LinkedHashMap<>();
    collectors.forEach((block, collector) -> reads.put(block, collector.tokens));
    return reads;
  }

  /// Keeps the heaviest reads of every token of one memory.
  private static final class Collector implements ReadListener {
    private final SparseMemoryConfig config;
    private final int most;
    private final List<List<Read>> tokens = new ArrayList<>();

    Collector(SparseMemoryConfig config, int most) {
      this.config = config;
      this.most = most;
    }

    @Override
    public void read(MemorySegment slots, MemorySegment weights, int count) {
      int each = config.readsPerToken();
      for (int token = 0; token < count; token++) {
        int from = token * each;
        tokens.add(
            IntStream.range(from, from + each)
                .mapToObj(i ->
                    new Read(
                        slots.getAtIndex(ValueLayout.JAVA_INT, i),
                        (i - from) / config.slotsPerHead(),
                        weights.getAtIndex(ValueLayout.JAVA_FLOAT, i)))
                .sorted(Comparator.comparingDouble(Read::weight).reversed())
                .limit(most)
                .toList());
      }
    }
  }
}
