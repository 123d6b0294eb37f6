package org.mneme.memory;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GoldenFiles;
import org.mneme.memory.Keys.FlatKeys;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.Output.Projected;
import org.mneme.memory.Output.SiluGate;
import org.mneme.memory.SparseMemoryConfig.Draft;
import org.mneme.memory.Values.Experts;
import org.mneme.memory.Values.Rows;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Shapes;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class SparseMemoryTest {
  private static final SparseMemoryConfig SMALL =
      SparseMemoryConfig.defaults(12)
          .with(memory -> {
            memory.keys = new ProductKeys(9);
            memory.heads = 3;
            memory.slotsPerHead = 5;
            memory.queryDim = 8;
          });

  static Stream<Named<SparseMemoryConfig>> memories() {
    return MemoryVariants.all(SMALL.dim());
  }

  private static SparseMemory create(SparseMemoryConfig config, Parameters parameters) {
    return (SparseMemory) MemoryLayer.create(config, parameters, "", 7);
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
  @MethodSource("memories")
  void readsWhatBruteForceReads(SparseMemoryConfig config) {
    for (boolean training : new boolean[] {true, false}) {
      try (var scope = new TensorScope();
          var parameters = new Parameters()) {
        var memory =
            (SparseMemory) MemoryLayer.create(config, parameters, "", 7, torch.ScalarType.Double);
        Tensor x = tokens(6, config.dim()).to(torch.ScalarType.Double);
        biasesThatAreNotZero(parameters);
        var oracle = new BruteForceMemory(config, parameters);
        double[] expected = oracle.read(Tensors.doubles(x), training);
        var read = memory.read(x, training);
        assertArrayEquals(expected, Tensors.doubles(read.output()), 1e-12);
        assertArrayEquals(oracle.slots(), Tensors.longs(read.slots()));
      }
    }
  }

  /// The kernels compute in float32 what libtorch's operations compute in float64, forward and
  /// back.
  @ParameterizedTest
  @MethodSource("memories")
  void float32AgreesWithFloat64(SparseMemoryConfig config) {
    try (var scope = new TensorScope();
        var narrow = new Parameters();
        var wide = new Parameters()) {
      var single = create(config, narrow);
      var exact = MemoryLayer.create(config, wide, "", 7, torch.ScalarType.Double);
      Tensor x = tokens(37, config.dim());
      Tensor wideX = x.to(torch.ScalarType.Double);
      Tensor direction = tokens(37, config.dim()).sin();
      var unused = x.set_requires_grad(true);
      unused = wideX.set_requires_grad(true);
      Tensor output = single.forward(x, true);
      Tensor expected = exact.forward(wideX, true);
      GoldenFiles.assertClose("output", expected, output);
      output.mul(direction).sum().backward();
      expected.mul(direction).sum().backward();
      TableGradients.materialize(single.tables());
      TableGradients.materialize(exact.tables());
      GoldenFiles.assertGradientClose("x", wideX.grad(), x.grad());
      for (String name : narrow.trained().keySet()) {
        if (!name.endsWith("bias")) { // batch norm leaves those of the query nothing but rounding
          GoldenFiles.assertGradientClose(name, wide.get(name).grad(), narrow.get(name).grad());
        }
      }
    }
  }

  private static void biasesThatAreNotZero(Parameters parameters) {
    parameters
        .all()
        .forEach((name, tensor) -> {
          if (name.endsWith("bias")) {
            double[] moved = Tensors.doubles(tensor);
            Arrays.setAll(moved, i -> moved[i] + 0.1 * Math.cos(i));
            Tensors.memory(tensor).copyFrom(MemorySegment.ofArray(moved));
          }
        });
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

  /// So that a model with it beside a feed-forward begins as the model without. Only one thing on
  /// the way is zero, so that the gradient reaches it.
  @ParameterizedTest
  @MethodSource("memories")
  void zeroValuesGiveExactlyZeroAndGetAGradient(SparseMemoryConfig config) {
    SparseMemoryConfig zero =
        config.with(memory ->
            memory.values =
                switch (memory.values) {
                  case Rows(ValueInit _) -> new Rows(ValueInit.ZERO);
                  case Experts(ValueInit _) -> new Experts(ValueInit.ZERO);
                });
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      var memory = create(zero, parameters);
      Tensor output = memory.forward(tokens(6, zero.dim()), true);
      for (float element : Tensors.floats(output)) {
        assertEquals(0, element);
      }
      output.sum().backward();
      String name = zero.values() instanceof Rows ? "values" : "values_up";
      Tensor gradient = requireNonNull(table(memory, name).denseGradient());
      assertTrue(gradient.abs().sum().item_double() > 1e-3);
    }
  }

  private static ValueTable table(SparseMemory memory, String name) {
    return requireNonNull(memory.tables().get(name));
  }

  @Test
  void theTablesGradientIsThatOfTheRowsReadAndAddsUp() {
    SparseMemoryConfig config =
        SMALL.with(memory -> {
          memory.keys = new ProductKeys(300);
          memory.slotsPerHead = 2;
        });
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      var memory = create(config, parameters);
      ValueTable table = table(memory, "values");
      Tensor x = tokens(4, config.dim());
      var read = memory.read(x, true);
      read.output().sum().backward();
      float[] once = Tensors.floats(requireNonNull(table.denseGradient()));
      double[] expected = new double[config.slots()];
      long[] slots = Tensors.longs(read.slots());
      double[] weights = Tensors.doubles(read.weights());
      for (int i = 0; i < slots.length; i++) {
        expected[(int) slots[i]] += weights[i];
      }
      for (int i = 0; i < once.length; i++) {
        assertEquals(expected[i / config.valueDim()], once[i], 1e-6);
      }
      memory.forward(x, true).sum().backward();
      float[] twice = Tensors.floats(requireNonNull(table.denseGradient()));
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
      assertTrue(table(memory, "values").gradient().isEmpty());
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
  void aTableOfBfloat16IsReadInFloat32() {
    SparseMemoryConfig half = SMALL.with(memory -> memory.tableType = Table.Type.BFLOAT16);
    try (var scope = new TensorScope();
        var narrow = new Parameters();
        var wide = new Parameters()) {
      var memory = create(half, narrow);
      var same = create(SMALL, wide);
      Tensor values = narrow.get("values");
      assertEquals(torch.ScalarType.BFloat16, values.scalar_type().intern());
      Tensor unused = wide.get("values").detach().copy_(values.detach());
      Tensor x = tokens(6, SMALL.dim());
      Tensor output = memory.forward(x, false);
      assertEquals(torch.ScalarType.Float, output.scalar_type().intern());
      assertArrayEquals(Tensors.floats(same.forward(x, false)), Tensors.floats(output), 1e-6f);
    }
  }

  @Test
  void initialWeightsHaveTheirRanges() {
    SparseMemoryConfig config =
        SMALL.with(memory -> {
          memory.keys = new ProductKeys(100);
          memory.output = new SiluGate(20);
        });
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      create(config, parameters);
      assertUniform(parameters.get("query.weight"), 1 / Math.sqrt(config.dim()));
      assertUniform(parameters.get("query.bias"), 1 / Math.sqrt(config.dim()));
      assertUniform(parameters.get("keys"), 1 / Math.sqrt(config.keyDim()));
      assertNormal(parameters.get("values"), 1 / Math.sqrt(20), 0.01);
      assertNormal(parameters.get("output_projection.weight"), 1 / Math.sqrt(12), 0.2);
      assertNormal(parameters.get("gate_projection.weight"), 1 / Math.sqrt(12), 0.2);
      assertArrayEquals(new float[12], Tensors.floats(parameters.get("output_projection.bias")));
      assertArrayEquals(new float[20], Tensors.floats(parameters.get("gate_projection.bias")));
    }
  }

  @Test
  void expertsAndFlatKeysHaveTheirRanges() {
    SparseMemoryConfig config =
        SMALL.with(memory -> {
          memory.keys = new FlatKeys(3000);
          memory.values = new Experts(ValueInit.NORMAL);
          memory.output = new Projected(20);
        });
    try (var scope = new TensorScope();
        var parameters = new Parameters()) {
      create(config, parameters);
      assertUniform(parameters.get("keys"), 1 / Math.sqrt(8));
      assertNormal(parameters.get("values_down"), 1 / Math.sqrt(12), 0.05);
      assertNormal(parameters.get("values_up"), 1 / Math.sqrt(20), 0.05);
      assertFalse(parameters.get("keys").select(0, 0).equal(parameters.get("keys").select(0, 1)));
    }
  }

  private static void assertNormal(Tensor tensor, double deviation, double within) {
    double[] numbers = Tensors.doubles(tensor);
    double square = Arrays.stream(numbers).map(v -> v * v).average().orElseThrow();
    assertEquals(1, square / deviation / deviation, within);
  }

  private static void assertUniform(Tensor tensor, double bound) {
    double[] numbers = Tensors.doubles(tensor);
    double largest = Arrays.stream(numbers).map(Math::abs).max().orElseThrow();
    assertTrue(largest <= bound && largest > 0.8 * bound, largest + " of " + bound);
  }

  static Stream<Consumer<Draft>> dropouts() {
    return Stream.of(
        memory -> memory.inputDropout = 0.3,
        memory -> memory.queryDropout = 0.3,
        memory -> memory.valueDropout = 0.3);
  }

  @ParameterizedTest
  @MethodSource("dropouts")
  void dropoutOnlyActsInTraining(Consumer<Draft> change) {
    try (var scope = new TensorScope();
        var parameters = new Parameters();
        var same = new Parameters()) {
      SparseMemoryConfig config = SMALL.with(memory -> memory.queryNorm = QueryNorm.LAYER);
      var dropping = create(config.with(change), parameters);
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
  @MethodSource("memories")
  void stepsLeaveNoPointersBehind(SparseMemoryConfig usual) {
    SparseMemoryConfig config = usual.with(memory -> memory.valueDropout = 0.1);
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

  private static void step(SparseMemory memory, Parameters parameters) {
    try (var scope = new TensorScope()) {
      Tensor x = tokens(6, memory.config().dim());
      memory.forward(x, true).sum().backward();
      memory.read(x, false);
      parameters.clearGradients();
    }
  }
}
