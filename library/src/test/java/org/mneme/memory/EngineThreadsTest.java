package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.Bits;
import org.mneme.memory.MemoryEngine.KeyGradients;
import org.mneme.memory.MemoryEngine.Selection;
import org.mneme.memory.RowAdam.MomentType;
import org.mneme.tensor.NativeRuntime;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.tensor.Workers;

/// The same inputs give the same bits, whatever the number of threads.
class EngineThreadsTest {
  private static final List<Integer> THREADS = List.of(1, 2, 5);
  private static final int TOKENS = 270; // several blocks of each kind, the last not full
  private static final int KEYS = 40;
  private static final int HEADS = 3;
  private static final int DIM = 21;

  static List<MemoryEngine> kernels() {
    return Engines.kernels();
  }

  private static void assertSameOnAnyThreads(Supplier<List<float[]>> work) {
    List<float[]> one = Engines.withThreads(1, work);
    for (int threads : THREADS) {
      Bits.assertSame(
          one,
          Engines.withThreads(
              threads,
              () -> {
                assertEquals(threads, NativeRuntime.threads());
                return work.get();
              }));
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void searchAndItsGradientDoNotDependOnThreads(MemoryEngine engine) {
    assertSameOnAnyThreads(() -> {
      Random random = new Random(1);
      try (var scope = new TensorScope()) {
        Selection product = engine.productKeys(Engines.gaussian(random, HEADS, 2, TOKENS, KEYS), 8);
        Selection flat = engine.flatKeys(Engines.gaussian(random, HEADS, TOKENS, KEYS), 8);
        KeyGradients gradients =
            engine.keyGradients(
                product.slots(),
                product.scores(),
                Engines.gaussian(random, TOKENS, HEADS * 2 * DIM),
                Engines.gaussian(random, HEADS, 2, KEYS, DIM));
        return List.of(
            Tensors.floats(product.slots()),
            Tensors.floats(product.scores()),
            Tensors.floats(flat.slots()),
            Tensors.floats(flat.scores()),
            Tensors.floats(gradients.queries()),
            Tensors.floats(gradients.keys()));
      }
    });
  }

  @ParameterizedTest
  @EnumSource
  void readingAndUpdatesDoNotDependOnThreads(MomentType type) {
    for (MemoryEngine engine : Engines.kernels()) {
      assertSameOnAnyThreads(() -> readAndUpdate(engine, type));
    }
  }

  /// Table and moments of the same type, three steps of Adam and one of descent.
  private static List<float[]> readAndUpdate(MemoryEngine engine, MomentType type) {
    Random random = new Random(2);
    List<float[]> results = new ArrayList<>();
    try (var scope = new TensorScope()) {
      Tensor values = Engines.gaussian(random, KEYS * KEYS, DIM);
      ValueTable table =
          new ValueTable(
              type == MomentType.FLOAT32 ? values : values.to(torch.ScalarType.BFloat16), engine);
      Tensor rows = table.values().set_requires_grad(true);
      RowAdam.Settings settings = new RowAdam.Settings(0.9, 0.99, 1e-8, type);
      try (var adam = new RowAdam(table, settings);
          var descent = new RowDescent(table)) {
        for (int step = 0; step < 3; step++) {
          Tensor slots = Engines.slots(random, KEYS * KEYS, TOKENS, 9);
          Tensor weights = Engines.gaussian(random, TOKENS, 9).set_requires_grad(true);
          Tensor output = table.read(slots, weights);
          Tensor dots = table.dot(slots, Engines.gaussian(random, TOKENS, DIM));
          output.square().sum().add(dots.square().sum()).backward();
          results.add(Tensors.floats(output));
          results.add(Tensors.floats(dots));
          results.add(Tensors.floats(weights.grad()));
          double norm = adam.step(0.01, 1);
          results.add(new float[] {(float) norm, (float) (norm - (float) norm)}); // all its bits
        }
        descent.step(0.01, 1);
        adam.state().values().forEach(moment -> results.add(Tensors.floats(moment)));
      }
      results.add(Tensors.floats(rows));
      table.gradient().clear();
    }
    return results;
  }

  @Test
  void theGradientDoesNotDependOnWhichWorkerIsFirst() {
    for (MemoryEngine engine : Engines.all()) {
      for (boolean swapped : new boolean[] {false, true}) {
        try (var scope = new TensorScope()) {
          ValueTable table = new ValueTable(Tensors.zeros(torch.ScalarType.Float, 2, 1), engine);
          Engines.withThreads(
              2,
              () -> {
                append(table, swapped);
                return swapped;
              });
          // (1e8 - 1e8) + 1: any other order loses the one
          Tensor dense = java.util.Objects.requireNonNull(table.denseGradient());
          assertArrayEquals(new float[] {0, 1}, Tensors.floats(dense));
          table.gradient().clear();
        }
      }
    }
  }

  /// The first of two tasks adds 1e8, the second -1e8 and 1; the second before the first if
  /// swapped.
  private static void append(ValueTable table, boolean swapped) {
    CountDownLatch first = new CountDownLatch(swapped ? 1 : 0);
    CountDownLatch second = new CountDownLatch(swapped ? 0 : 1);
    try (var workers = new Workers(2)) {
      assertEquals(2, workers.count());
      var unused =
          workers.<Boolean>all(
              List.of(
                  () -> append(table, first, second, 1e8f),
                  () -> append(table, second, first, -1e8f, 1)));
    }
  }

  private static boolean append(
      ValueTable table, CountDownLatch after, CountDownLatch done, float... numbers) {
    try (var scope = new TensorScope()) {
      after.await();
      for (float number : numbers) {
        table
            .gradient()
            .append(
                Tensors.of(new long[] {1}, 1, 1).to(torch.ScalarType.Int),
                Tensors.of(new float[] {1}, 1, 1),
                Tensors.of(new float[] {number}, 1, 1));
      }
      return true;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      done.countDown();
    }
  }
}
