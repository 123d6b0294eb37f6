package org.mneme.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.mneme.memory.Usage;
import org.mneme.memory.UsageWindow;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// What it costs to count a read: 2,048 tokens, 4 heads, 32 reads each, slots at random, which no
/// real text is as bad as. One thread; the heads of a batch are otherwise counted side by side.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--enable-native-access=ALL-UNNAMED",
      "-Djava.util.concurrent.ForkJoinPool.common.parallelism=0"
    })
public class UsageBenchmark {
  private static final int TOKENS = 2048;
  private static final int HEADS = 4;
  private static final int SLOTS_PER_HEAD = 32;
  private static final int READS = TOKENS * HEADS * SLOTS_PER_HEAD;
  private static final int BATCHES = 8;

  /// Rows of the table.
  @Param({"65536", "262144", "1048576"})
  private int slots;

  private final MemorySegment[] batches = new MemorySegment[BATCHES]; // [tokens, heads, k]
  private MemorySegment weights = MemorySegment.NULL; // [tokens, heads, k]
  private Usage usage = new Usage(1, 1, 1);
  private int next;

  /// Draws the reads, and compares what is counted of one batch with plain loops.
  @Setup
  public void setUp() {
    Random random = new Random(1);
    for (int batch = 0; batch < BATCHES; batch++) {
      batches[batch] = Arena.global().allocate((long) READS * Integer.BYTES);
      for (int i = 0; i < READS; i++) {
        batches[batch].setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt(slots));
      }
    }
    weights = Arena.global().allocate((long) READS * Float.BYTES);
    for (int i = 0; i < READS; i++) { // falling, as those of sorted scores are
      weights.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1f / (2 + i % SLOTS_PER_HEAD));
    }
    usage = new Usage(slots, HEADS, SLOTS_PER_HEAD);
    double error = Math.abs(counted() - expected());
    System.out.printf("# difference of the share of slots that were top-1: %.1e%n", error);
    if (error != 0) {
      throw new IllegalStateException("the counts are wrong");
    }
  }

  private double counted() {
    usage.count(batches[0], weights, TOKENS);
    try (UsageWindow window = usage.take()) {
      return window.total().top1Usage();
    }
  }

  private double expected() {
    boolean[] top = new boolean[slots];
    int different = 0;
    for (int i = 0; i < READS; i += SLOTS_PER_HEAD) {
      int slot = batches[0].getAtIndex(ValueLayout.JAVA_INT, i);
      different += top[slot] ? 0 : 1;
      top[slot] = true;
    }
    return (double) different / slots;
  }

  /// One read, in batches whose slots differ.
  @Benchmark
  @OperationsPerInvocation(READS)
  public void count() {
    usage.count(batches[next++ % BATCHES], weights, TOKENS);
  }

  /// A new window: its pages are touched for the first time.
  @TearDown(Level.Iteration)
  public void newWindow() {
    usage.take().close();
  }
}
