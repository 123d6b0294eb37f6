package org.mneme.memory.kernel;

import java.lang.foreign.Arena;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KeyGradientTest {
  @ParameterizedTest
  @MethodSource("org.mneme.memory.kernel.RowKernelsTest#dims")
  void keyGradientsAreThoseOfEveryProduct(int dim) {
    Random random = new Random(dim);
    for (int selected : new int[] {1, 3, 4, 7, 8, 9, 33}) {
      checkKeyGradient(random, dim, selected, selected % 4);
    }
  }

  /// Two heads, of which the second is looked at, on the first of two sides.
  private static void checkKeyGradient(Random random, int dim, int selected, int tokens) {
    int keys = 7;
    int perToken = 2 * selected;
    int stride = 3 * dim; // queries lie among others
    try (Arena arena = Arena.ofConfined()) {
      int[] slots = random.ints((long) tokens * perToken, 0, keys * keys).toArray();
      float[] gradients = GuardedNumbers.gaussian(random, tokens * perToken);
      float[] queries = GuardedNumbers.gaussian(random, tokens * stride);
      float[] rows = GuardedNumbers.gaussian(random, keys * dim);
      GuardedNumbers slotNumbers = GuardedNumbers.of(arena, slots);
      GuardedNumbers given = GuardedNumbers.of(arena, gradients);
      GuardedNumbers queryNumbers = GuardedNumbers.of(arena, queries);
      GuardedNumbers keyNumbers = GuardedNumbers.of(arena, rows);
      for (RowKernels kernels : RowKernelsTest.TWINS) {
        GuardedNumbers toQueries = GuardedNumbers.of(arena, new float[tokens * stride]);
        GuardedNumbers toKeys = GuardedNumbers.of(arena, new float[keys * dim]);
        kernels.keyGradient(
            new KeyGradient(
                slotNumbers.address() + (long) selected * Integer.BYTES,
                given.address() + (long) selected * Float.BYTES,
                perToken,
                selected,
                keys,
                keys,
                dim,
                queryNumbers.address() + (long) dim * Float.BYTES,
                toQueries.address() + (long) dim * Float.BYTES,
                stride,
                keyNumbers.address(),
                toKeys.address(),
                tokens));
        float[] queryGradients = toQueries.floats();
        float[] keyGradients = toKeys.floats();
        ProductSum[] ofQueries = sums(queryGradients.length);
        ProductSum[] ofKeys = sums(keyGradients.length);
        for (int read = 0; read < slots.length; read++) {
          for (int j = 0; j < dim && read % perToken >= selected; j++) {
            int query = read / perToken * stride + dim + j;
            int key = slots[read] / keys * dim + j;
            ofQueries[query].add(gradients[read], rows[key]);
            ofKeys[key].add(gradients[read], queries[query]);
          }
        }
        IntStream.range(0, ofQueries.length).forEach(i -> ofQueries[i].assertIs(queryGradients[i]));
        IntStream.range(0, ofKeys.length).forEach(i -> ofKeys[i].assertIs(keyGradients[i]));
      }
    }
  }

  private static ProductSum[] sums(int count) {
    return IntStream.range(0, count).mapToObj(_ -> new ProductSum()).toArray(ProductSum[]::new);
  }
}
