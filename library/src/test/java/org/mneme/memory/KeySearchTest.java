package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// What the whole search adds to that of the engines.
class KeySearchTest {
  private static final int HEADS = 2;
  private static final int KEYS = 20_000; // so many that 150 tokens are looked at in parts
  private static final int DIM = 4;

  @ParameterizedTest
  @ValueSource(ints = {1, 64, 65, 150})
  void manyTokensFindWhatEachFinds(int tokens) {
    Random random = new Random(tokens);
    for (MemoryEngine engine : Engines.all()) {
      try (var scope = new TensorScope()) {
        KeySearch search = new KeySearch(engine);
        // numbers whose products and sums are exact: with ties, and the same in any grouping
        Tensor queries = Engines.steps(random, tokens, HEADS * DIM);
        Tensor keys = Engines.steps(random, HEADS, KEYS, DIM);
        KeySearch.Found all = search.flatKeys(queries, keys, 5);
        for (int token = 0; token < tokens; token += 37) {
          KeySearch.Found one = search.flatKeys(queries.narrow(0, token, 1), keys, 5);
          assertArrayEquals(
              Tensors.doubles(one.slots()), Tensors.doubles(all.slots().narrow(0, token, 1)));
          assertArrayEquals(
              Tensors.doubles(one.scores()), Tensors.doubles(all.scores().narrow(0, token, 1)));
        }
      }
    }
  }
}
