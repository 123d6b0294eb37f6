package org.mneme.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.mneme.memory.kernel.PlainSlotSearch;
import org.mneme.memory.kernel.SlotSearch;
import org.mneme.memory.kernel.VectorSlotSearch;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// The search for the best slots of a product-key memory, on one thread: 2,048 tokens with 4 heads,
/// in blocks of queries as a memory layer shares them out.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector"})
public class SearchBenchmark {
  private static final int TOKENS = 2048;
  private static final int HEADS = 4;
  private static final int QUERIES = TOKENS * HEADS;
  private static final int BLOCK = 128;
  private static final int CHECKED = 64;

  /// Half-keys of a side.
  @Param({"256", "512", "1024", "4096"})
  private int keys;

  /// Slots wanted for each head.
  @Param("32")
  private int k;

  /// How scores are spread: normally, in steps of 1/64, on eight values, on one, within 1e-6 of
  /// each other but for every fifth, or sorted.
  @Param({"normal", "steps", "few", "equal", "close", "rising"})
  private String scores = "";

  /// Which implementation.
  @Param({"vector", "plain"})
  private String kernels = "";

  private Arena arena = Arena.ofAuto();
  private SlotSearch.Task task = new SlotSearch.Task(0, 0, 0, 0, 1, 1, 1);

  /// Draws the scores, and compares the first queries with a search among all slots.
  @Setup
  public void setUp() {
    arena = Arena.ofShared();
    long count = (long) HEADS * 2 * TOKENS * keys;
    MemorySegment halves = arena.allocate(count * Float.BYTES, 64);
    Random random = new Random(1);
    for (long i = 0; i < count; i++) {
      halves.setAtIndex(ValueLayout.JAVA_FLOAT, i, draw(random, (int) (i % keys)));
    }
    MemorySegment slots = arena.allocate((long) QUERIES * k * Integer.BYTES, 64);
    MemorySegment sums = arena.allocate((long) QUERIES * k * Float.BYTES, 64);
    task =
        new SlotSearch.Task(
            halves.address(), slots.address(), sums.address(), TOKENS, HEADS, keys, k);
    search();
    int wrong = wrong(halves, slots);
    System.out.printf("# queries with a wrong slot: %d of %d%n", wrong, CHECKED);
    if (wrong > 0) {
      throw new IllegalStateException("the search is wrong");
    }
  }

  /// All queries.
  @Benchmark
  public long search() {
    for (int from = 0; from < QUERIES; from += BLOCK) {
      SlotSearch search = kernels.equals("vector") ? new VectorSlotSearch() : new PlainSlotSearch();
      search.product(task, from, from + BLOCK);
    }
    return task.slots();
  }

  /// Frees the memory.
  @TearDown
  public void tearDown() {
    arena.close();
  }

  private float draw(Random random, int key) {
    return switch (scores) {
      case "normal" -> (float) random.nextGaussian();
      case "steps" -> Math.round(random.nextGaussian() * 64) / 64f;
      case "few" -> random.nextInt(8) / 4f;
      case "equal" -> 1;
      case "close" ->
          key % 5 == 0 ? (float) random.nextGaussian() : 2 + random.nextInt(9) * 1.2e-7f;
      case "rising" -> key / (float) keys;
      default -> throw new IllegalStateException("no scores " + scores);
    };
  }

  /// How many of the first queries have a slot whose sum is below that of `k` others.
  private int wrong(MemorySegment halves, MemorySegment slots) {
    int wrong = 0;
    for (int query = 0; query < CHECKED; query++) {
      long left = (2L * (query % HEADS) * TOKENS + query / HEADS) * keys;
      float[] sums = new float[keys * keys];
      for (int slot = 0; slot < sums.length; slot++) {
        sums[slot] =
            halves.getAtIndex(ValueLayout.JAVA_FLOAT, left + slot / keys)
                + halves.getAtIndex(
                    ValueLayout.JAVA_FLOAT, left + (long) TOKENS * keys + slot % keys);
      }
      float least = Float.POSITIVE_INFINITY;
      for (int i = 0; i < k; i++) {
        int slot = slots.getAtIndex(ValueLayout.JAVA_INT, (long) query * k + i);
        least = Math.min(least, sums[slot]);
        sums[slot] = Float.NEGATIVE_INFINITY; // a slot found twice would be a wrong one
      }
      for (float sum : sums) {
        if (sum > least) {
          wrong++;
          break;
        }
      }
    }
    return wrong;
  }
}
