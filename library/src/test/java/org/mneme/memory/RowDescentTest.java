package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class RowDescentTest {
  static List<MemoryEngine> engines() {
    return Engines.all();
  }

  private static ValueTable table(MemoryEngine engine) {
    return new ValueTable(Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2), engine);
  }

  @ParameterizedTest
  @MethodSource("engines")
  void rowsMoveByRateTimesTheirSummedGradientAndKeepNothing(MemoryEngine engine) {
    try (var scope = new TensorScope()) {
      ValueTable table = table(engine);
      try (var descent = new RowDescent(table)) {
        descent.step(0.5);
        assertEquals(0, descent.step(0.5, 1));
        assertEquals(0, descent.steps()); // nothing was to do
        TableGradients.give(
            table,
            Tensors.of(new long[] {2, 0, 2}, 3),
            Tensors.of(new float[] {1, 2, 4, -8, 3, 4}, 3, 2));
        descent.step(0.5);
        float[] once = {-1, 6, 3, 4, 3, 3};
        assertArrayEquals(once, Tensors.floats(table.values()));
        descent.step(0.5);
        assertArrayEquals(new float[] {-3, 10, 3, 4, 1, 0}, Tensors.floats(table.values()));
        assertEquals(2, descent.steps());
        assertTrue(descent.state().isEmpty());
        descent.forget(new int[] {2});
        descent.restore(9, Map.of());
        assertEquals(9, descent.steps());
      }
      table.gradient().clear();
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void theGradientIsScaledToTheLargestNormAllowed(MemoryEngine engine) {
    try (var scope = new TensorScope()) {
      ValueTable table = table(engine);
      try (var descent = new RowDescent(table)) {
        TableGradients.give(
            table, Tensors.of(new long[] {1}, 1), Tensors.of(new float[] {3, 4}, 1, 2));
        assertEquals(5, descent.step(1, 2.5), 1e-6);
        float[] clipped = {1, 2, 1.5f, 2, 5, 6};
        assertArrayEquals(clipped, Tensors.floats(table.values()), 1e-5f);
        assertEquals(5, descent.step(1, 100), 1e-6);
        float[] whole = {1, 2, -1.5f, -2, 5, 6};
        assertArrayEquals(whole, Tensors.floats(table.values()), 1e-5f);
      }
      table.gradient().clear();
    }
  }
}
