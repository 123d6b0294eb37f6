package org.mneme.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.InvalidInputException;
import org.mneme.memory.ReadListener;
import org.mneme.memory.RowOptimizer;
import org.mneme.memory.SparseMemory;
import org.mneme.memory.Usage;
import org.mneme.memory.ValueTable;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Carries out a [RevivalConfig]: counts the reads of the memories in training, and draws anew what
/// they do not read. Everything random comes from the run's seed and the step.
final class Reviver implements AutoCloseable {
  private static final long PLACE = 0x5245_5649_5645L; // among what is derived from the run's seed
  private static final int CHUNK = 1 << 14;
  private static final String STATE = ".reads";
  private static final String COUNTED_FROM = "trainer.revival";

  /// What is drawn anew has to learn before the run ends.
  private static final double LAST_PROGRESS = 0.9;

  private final RevivalConfig revival;
  private final long seed;
  private final List<Part> parts;
  private long countedFrom; // step after which the reads are counted

  /// A parameter that is revived row by row.
  ///
  /// @param rows `[rows, width]`, the parameter's memory
  /// @param listeners what counts the reads of each layer
  /// @param forget the optimiser's moments of some rows
  private record Part(
      String name,
      Tensor rows,
      ReadCounts counts,
      Map<Usage, ReadListener> listeners,
      Consumer<int[]> forget) {}

  private Reviver(RevivalConfig revival, long seed, List<Part> parts) {
    this.revival = revival;
    this.seed = seed;
    this.parts = parts;
    parts.forEach(part -> part.listeners.forEach(Usage::follow));
  }

  /// A reviver of what is trained.
  ///
  /// @param memories by what the names of their parameters begin with
  /// @throws InvalidInputException of kind CONFIG when there is nothing to revive
  static Reviver create(
      RevivalConfig revival,
      long seed,
      Map<String, SparseMemory> memories,
      Parameters parameters,
      AdamW dense,
      Map<String, RowOptimizer> tables) {
    List<Part> parts =
        switch (revival.target()) {
          case NOTHING -> List.of();
          case KEYS -> keys(memories, parameters, dense);
          case SLOTS -> slots(memories, tables);
        };
    if (parts.isEmpty() && revival.target() != RevivalConfig.Target.NOTHING) {
      throw InvalidInputException.config(
          "train.revival", "there is no memory whose parts are trained; add one, or freeze less");
    }
    return new Reviver(revival, seed, parts);
  }

  private static List<Part> keys(
      Map<String, SparseMemory> memories, Parameters parameters, AdamW dense) {
    List<Part> parts = new ArrayList<>();
    memories.forEach((prefix, memory) -> {
      String name = prefix + "keys";
      Tensor keys = parameters.get(name); // [heads, 2, keysPerSide, half] or [heads, slots, width]
      if (keys.requires_grad()) {
        int heads = memory.config().heads();
        int sides = keys.dim() == 4 ? 2 : 1;
        var counts = new ReadCounts(heads * sides, Math.toIntExact(keys.size(-2)));
        var listener = counts.ofKeys(heads, sides, memory.config().slotsPerHead());
        parts.add(
            new Part(
                name,
                rows(keys),
                counts,
                Map.of(memory.usage(), listener),
                rows -> dense.forget(name, rows)));
      }
    });
    return parts;
  }

  /// One part for each table, however many layers share it.
  private static List<Part> slots(
      Map<String, SparseMemory> memories, Map<String, RowOptimizer> tables) {
    IdentityHashMap<ValueTable, List<SparseMemory>> readers = new IdentityHashMap<>();
    for (SparseMemory memory : memories.values()) {
      for (ValueTable table : memory.tables().values()) {
        readers.computeIfAbsent(table, ignored -> new ArrayList<>()).add(memory);
      }
    }
    List<Part> parts = new ArrayList<>();
    tables.forEach((name, optimizer) -> {
      ValueTable table = optimizer.table();
      var counts = new ReadCounts(1, table.slots());
      Map<Usage, ReadListener> listeners = new LinkedHashMap<>();
      for (SparseMemory memory : readers.getOrDefault(table, List.of())) {
        listeners.put(memory.usage(), synchronizedSlots(counts, memory));
      }
      parts.add(new Part(name, rows(table.values()), counts, listeners, optimizer::forget));
    });
    return parts;
  }

  /// Layers that share a table may be read by two workers at once.
  private static ReadListener synchronizedSlots(ReadCounts counts, SparseMemory memory) {
    ReadListener listener = counts.ofSlots(memory.config().readsPerToken());
    return (slots, weights, tokens) -> {
      synchronized (counts) {
        listener.read(slots, weights, tokens);
      }
    };
  }

  private static Tensor rows(Tensor parameter) {
    try (var scope = new TensorScope()) {
      return TensorScope.own(parameter.detach().view(-1, parameter.size(-1)));
    }
  }

  /// To be called after every step; revives when a window is over.
  ///
  /// @param step steps taken so far
  /// @param progress share of the run that is done; nothing is revived in the last tenth
  /// @return how many parts of each parameter were drawn anew, empty where the window goes on
  Map<String, Integer> stepped(long step, double progress) {
    boolean over = step % revival.window() == 0 && step - countedFrom >= revival.window();
    if (parts.isEmpty() || !over || progress > LAST_PROGRESS) {
      return Map.of();
    }
    countedFrom = step;
    Map<String, Integer> revived = new LinkedHashMap<>();
    long place = Randomness.derive(seed, PLACE, step);
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      // the same numbers for all: both tables of an expert take the same model
      var redraw = part.counts.redraw(revival.threshold(), new SplittableRandom(place));
      Randomness.seed(Randomness.derive(place, i));
      redraw(part.rows, redraw);
      part.forget.accept(redraw.dead());
      part.counts.clear();
      revived.put(part.name, redraw.dead().length);
    }
    return revived;
  }

  /// Models stay as they are, so one piece after the other gives the same as all at once.
  private void redraw(Tensor rows, ReadCounts.Redraw redraw) {
    for (int from = 0; from < redraw.dead().length; from += CHUNK) {
      int to = Math.min(redraw.dead().length, from + CHUNK);
      try (var scope = new TensorScope();
          var guard = new NoGradGuard()) {
        Tensor models =
            rows.index_select(0, places(redraw.models(), from, to)).to(torch.ScalarType.Float);
        Tensor size =
            models
                .square()
                .mean(new long[] {1}, true, new ScalarTypeOptional())
                .sqrt(); // [parts, 1]
        Tensor noise = Randomness.normal(revival.noise(), models.size(0), models.size(1));
        Tensor fresh = models.add(noise.mul(size)).to(rows.scalar_type());
        var unused = rows.index_copy_(0, places(redraw.dead(), from, to), fresh);
      }
    }
  }

  private static Tensor places(int[] places, int from, int to) {
    long[] longs = Arrays.stream(places, from, to).asLongStream().toArray();
    return Tensors.of(longs, longs.length);
  }

  /// The reads of the window so far, by parameter, and since when, in the open scope.
  Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (Part part : parts) {
      long[] reads = part.counts.toArray();
      state.put(part.name + STATE, Tensors.of(reads, reads.length));
      state.put(COUNTED_FROM, Tensors.of(new long[] {countedFrom}, 1));
    }
    return state;
  }

  /// Goes on in the middle of the window that [#state()] was taken in. Where reads of other parts
  /// were counted, or none, it begins to count now.
  ///
  /// @param step steps taken so far
  /// @throws InvalidInputException of kind WEIGHTS where the counts are those of another memory
  void restore(Map<String, Tensor> state, long step) {
    if (!parts.stream().allMatch(part -> state.containsKey(part.name + STATE))) {
      parts.forEach(part -> part.counts.clear());
      countedFrom = step;
      return;
    }
    for (Part part : parts) {
      part.counts.restore(part.name, Tensors.longs(Tensors.required(state, part.name + STATE)));
    }
    Tensor from = state.get(COUNTED_FROM);
    // earlier builds always counted from the begin of a window on
    countedFrom = from == null ? step - step % revival.window() : Tensors.longs(from)[0];
  }

  /// Counts no more.
  @Override
  public void close() {
    for (Part part : parts) {
      part.listeners.forEach(Usage::ignore);
      part.rows.close();
    }
  }
}
