package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.memory.MemoryEngine.Grouped;
import org.mneme.memory.MemoryEngine.KeyGradients;
import org.mneme.memory.MemoryEngine.Selection;
import org.mneme.memory.kernel.AdamStep;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// The engines against each other, libtorch's operations being the oracle.
class MemoryEngineTest {
  private static final MemoryEngine TORCH = new TorchEngine();
  private static final int SLOTS = 40;

  private static void forEachKernel(Consumer<MemoryEngine> check) {
    try (var scope = new TensorScope()) {
      Engines.kernels().forEach(check);
    }
  }

  private static void assertClose(Tensor expected, Tensor actual, double error) {
    assertArrayEquals(expected.sizes().vec().get(), actual.sizes().vec().get());
    assertEquals(expected.scalar_type().intern(), actual.scalar_type().intern());
    double[] numbers = Tensors.doubles(expected);
    double[] others = Tensors.doubles(actual);
    for (int i = 0; i < numbers.length; i++) {
      assertEquals(numbers[i], others[i], error * (1 + Math.abs(numbers[i])), "number " + i);
    }
  }

  private static void assertSameSelection(
      Tensor scores, int k, BiFunction<MemoryEngine, Tensor, Selection> search) {
    forEachKernel(engine -> {
      Selection expected = search.apply(TORCH, scores);
      Selection actual = search.apply(engine, scores);
      assertEquals(k, actual.slots().size(2));
      assertClose(expected.slots(), actual.slots(), 0);
      assertClose(expected.scores(), actual.scores(), 0);
    });
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 150})
  void allEnginesSelectTheSameSlots(int tokens) {
    Random random = new Random(tokens);
    try (var scope = new TensorScope()) {
      for (int k : List.of(1, 2, 7, 16)) {
        for (int heads : List.of(1, 3)) {
          Tensor halves = Engines.steps(random, heads, 2, tokens, 19);
          assertSameSelection(halves, k, (engine, scores) -> engine.productKeys(scores, k));
          Tensor flat = Engines.steps(random, heads, tokens, 101);
          assertSameSelection(flat, k, (engine, scores) -> engine.flatKeys(scores, k));
        }
      }
    }
  }

  @Test
  void ofEqualScoresAllEnginesSelectTheLowestSlots() {
    try (var scope = new TensorScope()) {
      Tensor halves = Tensors.zeros(torch.ScalarType.Float, 2, 2, 4, 33);
      Tensor flat = Tensors.zeros(torch.ScalarType.Float, 2, 4, 33);
      for (MemoryEngine engine : Engines.all()) {
        for (Selection found : List.of(engine.productKeys(halves, 9), engine.flatKeys(flat, 9))) {
          long[] slots = Tensors.longs(found.slots());
          for (int i = 0; i < slots.length; i++) {
            assertEquals(i % 9, slots[i]);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 6, 140})
  void allEnginesGiveTheSameKeyGradients(int tokens) {
    Random random = new Random(tokens);
    for (int sides : List.of(1, 2)) {
      for (int keyDim : List.of(1, 7, 24)) {
        forEachKernel(engine -> {
          int keys = 11;
          int heads = 3;
          Tensor slots = Engines.slots(random, sides == 2 ? keys * keys : keys, tokens, heads, 5);
          Tensor scores = Engines.gaussian(random, tokens, heads, 5);
          Tensor queries = Engines.gaussian(random, tokens, (long) heads * sides * keyDim);
          Tensor rows = Engines.gaussian(random, heads, sides, keys, keyDim);
          KeyGradients expected = TORCH.keyGradients(slots, scores, queries, rows);
          KeyGradients actual = engine.keyGradients(slots, scores, queries, rows);
          assertClose(expected.queries(), actual.queries(), 2e-6);
          assertClose(expected.keys(), actual.keys(), 2e-5);
        });
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 17, 300})
  void allEnginesReadAndMultiplyAlike(int tokens) {
    Random random = new Random(tokens);
    for (torch.ScalarType type : List.of(torch.ScalarType.Float, torch.ScalarType.BFloat16)) {
      for (int dim : List.of(1, 13, 48)) {
        forEachKernel(engine -> {
          Tensor values = Engines.gaussian(random, SLOTS, dim).to(type);
          Tensor slots = Engines.slots(random, SLOTS, tokens, 9);
          Tensor weights = Engines.gaussian(random, tokens, 9);
          Tensor vectors = Engines.gaussian(random, tokens, dim);
          if (type == torch.ScalarType.Float) {
            assertClose(
                TORCH.read(values, slots, weights), engine.read(values, slots, weights), 1e-5);
          }
          Tensor wide = values.to(torch.ScalarType.Float);
          assertClose(TORCH.read(wide, slots, weights), engine.read(values, slots, weights), 1e-5);
          assertClose(TORCH.dot(values, slots, vectors), engine.dot(values, slots, vectors), 1e-5);
        });
      }
    }
  }

  /// A table with two micro-batches of gradient, of different numbers of reads.
  private static ValueTable withGradient(MemoryEngine engine, Tensor values, int tokens) {
    Random random = new Random(tokens);
    ValueTable table = new ValueTable(values.clone(), engine);
    long dim = values.size(1);
    for (int reads : List.of(3, 8)) {
      table
          .gradient()
          .append(
              Engines.slots(random, SLOTS - 4, tokens, reads),
              Engines.gaussian(random, tokens, reads),
              Engines.gaussian(random, tokens, dim));
    }
    return table;
  }

  private static void compareTables(
      int tokens, torch.ScalarType type, Function<ValueTable, List<Tensor>> results, double error) {
    forEachKernel(engine -> {
      for (int dim : List.of(1, 13, 48)) {
        Tensor values = Engines.gaussian(new Random(dim), SLOTS, dim).to(type);
        ValueTable oracle = withGradient(TORCH, values, tokens);
        ValueTable table = withGradient(engine, values, tokens);
        List<Tensor> expected = results.apply(oracle);
        List<Tensor> actual = results.apply(table);
        for (int i = 0; i < expected.size(); i++) {
          assertClose(expected.get(i), actual.get(i), error);
        }
        oracle.gradient().clear();
        table.gradient().clear();
      }
    });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 200})
  void allEnginesSumGradientsAlike(int tokens) {
    compareTables(
        tokens,
        torch.ScalarType.Float,
        table -> {
          Tensor norm = Tensors.of(new double[] {table.gradientNorm()}, 1);
          int[] rows = table.engine().group(table.gradient()).rows();
          Tensor read =
              Tensors.of(java.util.Arrays.stream(rows).asLongStream().toArray(), rows.length);
          Tensor dense = table.denseGradient();
          return List.of(norm, read, dense == null ? norm : dense);
        },
        2e-5);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 200})
  void allEnginesTakeTheSameStepsOfAdam(int tokens) {
    compareTables(tokens, torch.ScalarType.Float, MemoryEngineTest::adam, 2e-5);
  }

  private static List<Tensor> adam(ValueTable table) {
    Random random = new Random(8);
    Tensor first = Engines.gaussian(random, SLOTS, table.dim());
    Tensor second = Engines.gaussian(random, SLOTS, table.dim()).square();
    Grouped gradient = table.engine().group(table.gradient());
    for (int step = 1; step <= 3; step++) {
      AdamStep numbers = new AdamStep(0.5f, 0.1f, 0.01f, 1e-3f, 0.01f, 3 * step);
      table.engine().adam(table.values(), first, second, gradient, numbers);
    }
    return List.of(table.values(), first, second);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 200})
  void allEnginesDescendAlike(int tokens) {
    Function<ValueTable, List<Tensor>> descent =
        table -> {
          Grouped gradient = table.engine().group(table.gradient());
          table.engine().descend(table.values(), gradient, 0.01f, 3);
          return List.of(table.values());
        };
    compareTables(tokens, torch.ScalarType.Float, descent, 2e-6);
    compareTables(tokens, torch.ScalarType.BFloat16, descent, 0x1p-7); // other noise
  }

  @Test
  void whatKernelsDoNotDoIsLeftToLibtorch() {
    try (var scope = new TensorScope()) {
      Tensor wide = Tensors.zeros(torch.ScalarType.Double, 2, 2);
      Tensor brain = Tensors.zeros(torch.ScalarType.BFloat16, 2, 2);
      for (MemoryEngine engine : Engines.kernels()) {
        assertEquals(TORCH, engine.fitting(wide));
        assertEquals(engine, engine.fitting(brain));
      }
    }
  }

  @Test
  void slotsOutsideTheTableAreAnError() {
    try (var scope = new TensorScope()) {
      for (MemoryEngine engine : Engines.all()) {
        for (long slot : List.of(-1L, 4L)) {
          ValueTable table = new ValueTable(Tensors.zeros(torch.ScalarType.Float, 4, 2), engine);
          TableGradients.give(
              table, Tensors.of(new long[] {slot}, 1), Tensors.zeros(torch.ScalarType.Float, 1, 2));
          assertThrows(RuntimeException.class, table::denseGradient, engine.name());
          table.gradient().clear();
        }
      }
    }
  }

  @Test
  void aGradientGroupedByAnotherEngineIsRefused() {
    try (var scope = new TensorScope()) {
      Tensor values = Tensors.zeros(torch.ScalarType.Float, SLOTS, 2);
      ValueTable table = withGradient(TORCH, values, 1);
      for (MemoryEngine engine : Engines.kernels()) {
        Grouped ours = engine.group(table.gradient());
        Grouped theirs = TORCH.group(table.gradient());
        assertThrows(IllegalArgumentException.class, () -> engine.descend(values, theirs, 0.1f, 0));
        assertThrows(IllegalArgumentException.class, () -> TORCH.descend(values, ours, 0.1f, 0));
      }
      table.gradient().clear();
    }
  }
}
