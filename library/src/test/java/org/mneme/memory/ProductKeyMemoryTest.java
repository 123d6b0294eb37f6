package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class ProductKeyMemoryTest {
  private static final ProductKeyConfig SMALL =
      ProductKeyConfig.defaults(12)
          .withSlotsPerHead(5)
          .withKeysPerSide(9)
          .withHeads(3)
          .withQueryDim(8);

  private static ProductKeyMemory create(ProductKeyConfig config, Parameters parameters) {
    return (ProductKeyMemory) MemoryLayer.create(config, parameters, "", 7);
  }

  private static Tensor tokens(long tokens, long dim) {
    Random random = new Random(tokens * 31 + dim);
    float[] numbers = new float[(int) (tokens * dim)];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return Tensors.of(numbers, tokens, dim);
  }

  @ParameterizedTest
  @EnumSource(QueryNorm.class)
  void readsWhatBruteForceReads(QueryNorm norm) {
    ProductKeyConfig config = SMALL.withQueryNorm(norm).withScoreActivation(new ScaledSoftmax(2.5));
    for (boolean training : new boolean[] {true, false}) {
      try (var scope = new TensorScope();
          var parameters = new Parameters()) {
        var memory =
            (ProductKeyMemory)
                MemoryLayer.create(config, parameters, "", 7, torch.ScalarType.Double);
        Tensor x = tokens(6, config.dim()).to(torch.ScalarType.Double);
        var oracle = new BruteForceMemory(config, parameters);
        double[] expected = oracle.read(Tensors.doubles(x), training);
        var read = memory.read(x, training);
        assertArrayEquals(expected, Tensors.doubles(read.output()), 1e-12);
        assertArrayEquals(oracle.slots(), Tensors.longs(read.slots()));
      }
    }
  }

  @Test
  void runningStatisticsFollowTheTokens() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      var memory = create(SMALL, parameters);
      Tensor x = tokens(6, SMALL.dim());
      memory.forward(x, true);
      Tensor queries =
          x.matmul(parameters.get("query.weight").t()).add(parameters.get("query.bias"));
      double[] numbers = Tensors.doubles(queries.t()); // a row for each channel
      double[] mean = Tensors.doubles(parameters.get("norm.running_mean"));
      double[] variance = Tensors.doubles(parameters.get("norm.running_var"));
      for (int channel = 0; channel < mean.length; channel++) {
        double[] q = Arrays.copyOfRange(numbers, channel * 6, channel * 6 + 6);
        double average = Arrays.stream(q).sum() / 6;
        double unbiased = Arrays.stream(q).map(a -> (a - average) * (a - average)).sum() / 5;
        assertEquals(0.1 * average, mean[channel], 1e-6);
        assertEquals(0.9 + 0.1 * unbiased, variance[channel], 1e-6);
      }
    }
  }

  @Test
  void noTokenAndASingleTokenLeaveStatisticsAlone() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      var memory = create(SMALL, parameters);
      Tensor none = memory.forward(tokens(0, SMALL.dim()), true);
      assertArrayEquals(new long[] {0, SMALL.valueDim()}, Shapes.of(none));
      Tensor one = tokens(1, SMALL.dim());
      float[] trained = Tensors.floats(memory.forward(one, true));
      assertArrayEquals(Tensors.floats(memory.forward(one, false)), trained);
      for (float mean : Tensors.floats(parameters.get("norm.running_mean"))) {
        assertEquals(0, mean);
      }
      for (float variance : Tensors.floats(parameters.get("norm.running_var"))) {
        assertEquals(1, variance);
      }
    }
  }

  @Test
  void evaluationLooksAtEachTokenByItself() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      var memory = create(SMALL, parameters);
      Tensor x = tokens(6, SMALL.dim());
      memory.forward(x, true);
      float[] together = Tensors.floats(memory.forward(x, false).narrow(0, 2, 1));
      float[] alone = Tensors.floats(memory.forward(x.narrow(0, 2, 1).contiguous(), false));
      assertArrayEquals(together, alone, 1e-5f);
    }
  }

  @Test
  void zeroValuesReadExactlyZero() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      var memory = create(SMALL.withValueInit(ValueInit.ZERO), parameters);
      Tensor output = memory.forward(tokens(6, SMALL.dim()), true);
      for (float element : Tensors.floats(output)) {
        assertEquals(0, element);
      }
      output.sum().backward();
      assertFalse(memory.tables().get("values").gradient().isEmpty());
    }
  }

  @Test
  void backwardPassesAddToTheTablesGradient() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      var memory = create(SMALL, parameters);
      ValueTable table = memory.tables().get("values");
      memory.forward(tokens(4, SMALL.dim()), true).sum().backward();
      float[] once = Tensors.floats(table.denseGradient());
      memory.forward(tokens(4, SMALL.dim()), true).sum().backward();
      float[] twice = Tensors.floats(table.denseGradient());
      for (int i = 0; i < once.length; i++) {
        assertEquals(2 * once[i], twice[i], 1e-6);
      }
      assertFalse(parameters.get("values").grad().defined());
      table.gradient().clear();
      assertTrue(table.gradient().isEmpty());
    }
  }

  @Test
  void aFrozenTableLeavesTheRestToBeTrained() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      var memory = create(SMALL, parameters);
      parameters.train(name -> !name.equals("values"));
      memory.forward(tokens(4, SMALL.dim()), true).sum().backward();
      assertTrue(memory.tables().get("values").gradient().isEmpty());
      assertTrue(parameters.get("keys").grad().defined());
      assertTrue(parameters.get("query.weight").grad().defined());
    }
  }

  @Test
  void theSameSeedAndPrefixGiveTheSameBits() {
    try (var scope = new TensorScope();
        var one = new Parameters();
        var other = new Parameters()) {
      MemoryLayer.create(SMALL, one, "a.", 7);
      MemoryLayer.create(SMALL, one, "b.", 7);
      torch.manual_seed(99);
      MemoryLayer.create(SMALL, other, "b.", 7);
      MemoryLayer.create(SMALL, other, "c.", 8);
      for (String name : new String[] {"query.weight", "query.bias", "keys", "values"}) {
        assertArrayEquals(
            Tensors.floats(one.get("b." + name)), Tensors.floats(other.get("b." + name)));
        assertFalse(one.get("a." + name).equal(one.get("b." + name)));
        assertFalse(one.get("a." + name).equal(other.get("c." + name)));
      }
    }
  }

  @Test
  void everyHeadAndSideHasHalfKeysOfItsOwn() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      create(SMALL, parameters);
      Tensor sides = parameters.get("keys").view(2L * SMALL.heads(), -1);
      for (int one = 0; one < 2 * SMALL.heads(); one++) {
        for (int other = 0; other < one; other++) {
          assertFalse(sides.select(0, one).equal(sides.select(0, other)));
        }
      }
    }
  }

  @Test
  void initialWeightsHaveTheirRanges() {
    ProductKeyConfig config = SMALL.withKeysPerSide(100);
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      create(config, parameters);
      assertUniform(parameters.get("query.weight"), 1 / Math.sqrt(config.dim()));
      assertUniform(parameters.get("query.bias"), 1 / Math.sqrt(config.dim()));
      assertUniform(parameters.get("keys"), 1 / Math.sqrt(config.half()));
      double[] values = Tensors.doubles(parameters.get("values"));
      double square = Arrays.stream(values).map(v -> v * v).average().orElseThrow();
      assertEquals(1.0 / config.valueDim(), square, 0.01 / config.valueDim());
    }
  }

  private static void assertUniform(Tensor tensor, double bound) {
    double[] numbers = Tensors.doubles(tensor);
    double largest = Arrays.stream(numbers).map(Math::abs).max().orElseThrow();
    assertTrue(largest <= bound && largest > 0.8 * bound, largest + " of " + bound);
  }

  @Test
  void dropoutOnlyActsInTraining() {
    try (var scope = new TensorScope();
        var parameters = new Parameters();
        var same = new Parameters()) {
      ProductKeyConfig config = SMALL.withQueryNorm(QueryNorm.LAYER);
      var dropping = create(config.withDropout(0.3, 0.3, 0.3), parameters);
      var plain = create(config, same);
      Tensor x = tokens(6, config.dim());
      assertTrue(dropping.forward(x, false).equal(plain.forward(x, false)));
      assertFalse(dropping.forward(x, true).equal(plain.forward(x, true)));
    }
  }

  @Test
  void refusesTokensOfAnotherWidth() {
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      var memory = create(SMALL, parameters);
      assertThrows(
          IllegalArgumentException.class, () -> memory.forward(tokens(2, SMALL.dim() + 1), false));
    }
  }

  @ParameterizedTest
  @EnumSource(QueryNorm.class)
  void stepsLeaveNoPointersBehind(QueryNorm norm) {
    ProductKeyConfig config =
        SMALL.withQueryNorm(norm).withScoreActivation(new ScaledSoftmax(5)).withDropout(0, 0, 0.1);
    try (var parameters = new Parameters()) {
      var memory = create(config, parameters);
      step(memory, parameters);
      long before = Pointer.totalCount();
      for (int i = 0; i < 20; i++) {
        step(memory, parameters);
      }
      assertEquals(before, Pointer.totalCount());
    }
  }

  private static void step(ProductKeyMemory memory, Parameters parameters) {
    try (var scope = new TensorScope()) {
      Tensor x = tokens(6, memory.config().dim());
      memory.forward(x, true).sum().backward();
      memory.read(x, false);
      parameters.clearGradients();
    }
  }
}
