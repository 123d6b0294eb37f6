package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Both kernels against float64 loops, and against each other, on awkward sizes.
class RowKernelsTest {
  static final List<RowKernels> TWINS = List.of(new PlainRowKernels(), new VectorRowKernels());
  private static final int[] READS = {1, 3, 4, 7, 8, 9, 33};
  private static final int SLOTS = 23;
  private static final int TOKENS = 3;

  static IntStream dims() {
    return IntStream.concat(IntStream.rangeClosed(1, 67), IntStream.of(100, 384, 768, 1000));
  }

  /// A table and what three tokens read of it, one token after another.
  private record Reading(
      GuardedNumbers table, int dim, Rows.Type type, GuardedNumbers slots, int perToken) {
    static Reading of(Arena arena, Random random, int dim, Rows.Type type, int perToken) {
      return new Reading(
          GuardedNumbers.of(arena, type, GuardedNumbers.gaussian(random, SLOTS * dim)),
          dim,
          type,
          GuardedNumbers.of(arena, random.ints((long) TOKENS * perToken, 0, SLOTS).toArray()),
          perToken);
    }

    Rows rows() {
      return new Rows(table.address(), dim, type);
    }

    Reads reads() {
      return new Reads(slots.address(), perToken);
    }

    int slot(int read) {
      return reads().slot(read);
    }
  }

  @ParameterizedTest
  @MethodSource("dims")
  void readsAreWeightedSumsOfRows(int dim) {
    Random random = new Random(dim);
    for (Rows.Type type : Rows.Type.values()) {
      for (int perToken : READS) {
        try (Arena arena = Arena.ofConfined()) {
          Reading reading = Reading.of(arena, random, dim, type, perToken);
          float[] weights = GuardedNumbers.gaussian(random, TOKENS * perToken);
          GuardedNumbers given = GuardedNumbers.of(arena, weights);
          float[] table = reading.table.floats();
          for (RowKernels kernels : TWINS) {
            GuardedNumbers output = GuardedNumbers.unwritten(arena, TOKENS * dim);
            kernels.read(
                reading.rows(), reading.reads(), given.address(), output.address(), 0, TOKENS);
            float[] sums = output.floats();
            for (int i = 0; i < sums.length; i++) {
              ProductSum expected = new ProductSum();
              for (int read = i / dim * perToken; read < (i / dim + 1) * perToken; read++) {
                expected.add(weights[read], table[reading.slot(read) * dim + i % dim]);
              }
              expected.assertIs(sums[i]);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dims")
  void dotsAreProductsOfRowsWithTheTokensVector(int dim) {
    Random random = new Random(dim);
    for (Rows.Type type : Rows.Type.values()) {
      for (int perToken : READS) {
        try (Arena arena = Arena.ofConfined()) {
          Reading reading = Reading.of(arena, random, dim, type, perToken);
          float[] vectors = GuardedNumbers.gaussian(random, TOKENS * dim);
          GuardedNumbers given = GuardedNumbers.of(arena, vectors);
          float[] table = reading.table.floats();
          for (RowKernels kernels : TWINS) {
            GuardedNumbers output = GuardedNumbers.unwritten(arena, TOKENS * perToken);
            kernels.dot(
                reading.rows(), reading.reads(), given.address(), output.address(), 0, TOKENS);
            float[] products = output.floats();
            for (int read = 0; read < products.length; read++) {
              ProductSum expected = new ProductSum();
              for (int j = 0; j < dim; j++) {
                expected.add(
                    table[reading.slot(read) * dim + j], vectors[read / perToken * dim + j]);
              }
              expected.assertIs(products[read]);
            }
          }
        }
      }
    }
  }

  /// Over the calls the code is compiled, which must not change the order of additions.
  @ParameterizedTest
  @EnumSource
  void dotsHaveTheSameBitsBeforeAndAfterCompilation(Rows.Type type) {
    int dim = 64;
    int perToken = 133;
    Random random = new Random(6);
    try (Arena arena = Arena.ofConfined()) {
      Reading reading = Reading.of(arena, random, dim, type, perToken);
      float[] vectors = GuardedNumbers.gaussian(random, TOKENS * dim);
      GuardedNumbers given = GuardedNumbers.of(arena, vectors);
      float[] table = reading.table.floats();
      float[] expected = new float[TOKENS * perToken];
      for (int read = 0; read < expected.length; read++) {
        expected[read] =
            foldedDot(dim, table, reading.slot(read) * dim, vectors, read / perToken * dim);
      }
      GuardedNumbers output = GuardedNumbers.unwritten(arena, expected.length);
      for (int call = 0; call < 200; call++) {
        new VectorRowKernels()
            .dot(reading.rows(), reading.reads(), given.address(), output.address(), 0, TOKENS);
        assertArrayEquals(expected, output.floats());
      }
    }
  }

  /// Lane by lane, then lanes half a vector apart, down to neighbours.
  private static float foldedDot(int dim, float[] rows, int row, float[] vectors, int vector) {
    float[] sums = new float[FloatVector.SPECIES_PREFERRED.length()];
    for (int j = 0; j < dim; j++) {
      int lane = j % sums.length;
      sums[lane] = Math.fma(rows[row + j], vectors[vector + j], sums[lane]);
    }
    for (int half = sums.length / 2; half > 0; half /= 2) {
      for (int lane = 0; lane < half; lane++) {
        sums[lane] += sums[lane + half];
      }
    }
    return sums[0];
  }

  @ParameterizedTest
  @EnumSource
  void rangesOfTokensGiveTheBitsOfTheWholeAndLeaveTheRestAlone(Rows.Type type) {
    int dim = 37;
    Random random = new Random(5);
    try (Arena arena = Arena.ofConfined()) {
      Reading reading = Reading.of(arena, random, dim, type, 9);
      GuardedNumbers given = GuardedNumbers.of(arena, GuardedNumbers.gaussian(random, TOKENS * 37));
      for (RowKernels kernels : TWINS) {
        GuardedNumbers whole = GuardedNumbers.unwritten(arena, 2 * TOKENS * dim);
        GuardedNumbers parts = whole.copy(arena);
        int[][] ranges = {{0, 0}, {1, TOKENS}, {2, 2}, {0, 1}};
        long halfway = (long) TOKENS * dim * Float.BYTES;
        kernels.read(reading.rows(), reading.reads(), given.address(), whole.address(), 0, TOKENS);
        kernels.dot(
            reading.rows(), reading.reads(), given.address(), whole.address() + halfway, 0, TOKENS);
        for (int[] range : ranges) {
          kernels.read(
              reading.rows(),
              reading.reads(),
              given.address(),
              parts.address(),
              range[0],
              range[1]);
          kernels.dot(
              reading.rows(),
              reading.reads(),
              given.address(),
              parts.address() + halfway,
              range[0],
              range[1]);
        }
        whole.assertSameBits(parts);
        GuardedNumbers untouched = GuardedNumbers.unwritten(arena, 2 * TOKENS * dim);
        kernels.read(reading.rows(), reading.reads(), given.address(), parts.address(), 1, 1);
        kernels.dot(reading.rows(), reading.reads(), 0, 0, 0, 0);
        whole.assertSameBits(parts);
        kernels.read(reading.rows(), reading.reads(), given.address(), untouched.address(), 1, 1);
        untouched.assertSameBits(GuardedNumbers.unwritten(arena, 2 * TOKENS * dim));
      }
    }
  }

  /// Gradients of some rows: of 1, 2, and many reads, which share vectors.
  private record Gradient(RowGroups groups, double[][] sums, double[][] sizes) {
    static Gradient of(Arena arena, Random random, int dim) {
      int[] rows = {0, 4, 5, 11, SLOTS - 1};
      int[] starts = {0, 1, 3, 4, 13, 14};
      int reads = starts[rows.length];
      float[] numbers = GuardedNumbers.gaussian(random, TOKENS * dim);
      GuardedNumbers vectors = GuardedNumbers.of(arena, numbers);
      float[] weights = GuardedNumbers.gaussian(random, reads);
      long[] addresses = new long[reads];
      double[][] sums = new double[rows.length][dim];
      double[][] sizes = new double[rows.length][dim];
      for (int group = 0; group < rows.length; group++) {
        for (int read = starts[group]; read < starts[group + 1]; read++) {
          int vector = random.nextInt(TOKENS);
          addresses[read] = vectors.address() + (long) vector * dim * Float.BYTES;
          for (int j = 0; j < dim; j++) {
            double share = (double) weights[read] * numbers[vector * dim + j];
            sums[group][j] += share;
            sizes[group][j] += Math.abs(share);
          }
        }
      }
      return new Gradient(
          new RowGroups(rows, starts, weights, addresses, new int[reads], 0), sums, sizes);
    }

    /// The sum that belongs to a row, empty if it has none.
    double[] sum(int row) {
      int group = Arrays.binarySearch(groups.rows(), row);
      return group < 0 ? new double[0] : sums[group];
    }
  }

  @ParameterizedTest
  @MethodSource("dims")
  void normsAreThoseOfTheSummedRows(int dim) {
    try (Arena arena = Arena.ofConfined()) {
      Gradient gradient = Gradient.of(arena, new Random(dim), dim);
      double expected = 0;
      double size = 0;
      for (int group = 1; group < 4; group++) {
        for (int j = 0; j < dim; j++) {
          expected += gradient.sums[group][j] * gradient.sums[group][j];
          size += gradient.sizes[group][j] * gradient.sizes[group][j];
        }
      }
      for (RowKernels kernels : TWINS) {
        assertEquals(0, kernels.squaredNorm(gradient.groups, dim, 2, 2));
        double norm = kernels.squaredNorm(gradient.groups, dim, 1, 4);
        assertEquals(expected, norm, (dim + 20) * ProductSum.ROUNDING * size);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dims")
  void descentSubtractsTheSummedRows(int dim) {
    Random random = new Random(dim);
    for (Rows.Type type : Rows.Type.values()) {
      try (Arena arena = Arena.ofConfined()) {
        Gradient gradient = Gradient.of(arena, random, dim);
        GuardedNumbers before =
            GuardedNumbers.of(arena, type, GuardedNumbers.gaussian(random, SLOTS * dim));
        List<GuardedNumbers> after = TWINS.stream().map(_ -> before.copy(arena)).toList();
        for (int i = 0; i < TWINS.size(); i++) {
          Rows rows = new Rows(after.get(i).address(), dim, type);
          TWINS.get(i).descend(rows, gradient.groups, 0.01f, 77, 3, 3);
          after.get(i).assertSameBits(before);
          TWINS.get(i).descend(rows, gradient.groups, 0.01f, 77, 0, gradient.groups.count());
          float[] old = before.floats();
          float[] now = after.get(i).floats();
          for (int at = 0; at < old.length; at++) {
            double[] sum = gradient.sum(at / dim);
            double change = sum.length == 0 ? 0 : 0.01 * sum[at % dim];
            assertStored(type, sum.length > 0, old[at] - change, now[at]);
          }
        }
        assertTwins(type, after.get(0).floats(), after.get(1).floats());
      }
    }
  }

  /// Values and both moments.
  private record Moments(
      GuardedNumbers values,
      GuardedNumbers first,
      GuardedNumbers second,
      int dim,
      Rows.Type type,
      Rows.Type momentType) {
    static Moments of(Arena arena, Random random, int dim, Rows.Type type, Rows.Type momentType) {
      float[] squares = GuardedNumbers.gaussian(random, SLOTS * dim);
      for (int i = 0; i < squares.length; i++) {
        squares[i] = 0.1f + squares[i] * squares[i];
      }
      return new Moments(
          GuardedNumbers.of(arena, type, GuardedNumbers.gaussian(random, SLOTS * dim)),
          GuardedNumbers.of(arena, momentType, GuardedNumbers.gaussian(random, SLOTS * dim)),
          GuardedNumbers.of(arena, momentType, squares),
          dim,
          type,
          momentType);
    }

    Moments copy(Arena arena) {
      return new Moments(
          values.copy(arena), first.copy(arena), second.copy(arena), dim, type, momentType);
    }

    void step(RowKernels kernels, RowGroups groups, AdamStep step, int from, int to) {
      kernels.adam(
          new Rows(values.address(), dim, type),
          new Rows(first.address(), dim, momentType),
          new Rows(second.address(), dim, momentType),
          groups,
          step,
          from,
          to);
    }

    void assertSameBits(Moments other) {
      values.assertSameBits(other.values);
      first.assertSameBits(other.first);
      second.assertSameBits(other.second);
    }
  }

  @ParameterizedTest
  @MethodSource("dims")
  void adamIsThatOfOneNumberAtATime(int dim) {
    Random random = new Random(dim);
    AdamStep step = new AdamStep(0.7f, 0.1f, 0.05f, 1e-6f, 0.02f, 31);
    for (Rows.Type type : Rows.Type.values()) {
      for (Rows.Type momentType : Rows.Type.values()) {
        try (Arena arena = Arena.ofConfined()) {
          Gradient gradient = Gradient.of(arena, random, dim);
          Moments before = Moments.of(arena, random, dim, type, momentType);
          List<Moments> after = TWINS.stream().map(_ -> before.copy(arena)).toList();
          for (int i = 0; i < TWINS.size(); i++) {
            after.get(i).step(TWINS.get(i), gradient.groups, step, 2, 2);
            after.get(i).assertSameBits(before);
            after.get(i).step(TWINS.get(i), gradient.groups, step, 0, gradient.groups.count());
            assertAdam(before, gradient, step, after.get(i));
          }
          Moments plain = after.get(0);
          Moments vector = after.get(1);
          assertTwins(type, plain.values.floats(), vector.values.floats());
          assertTwins(momentType, plain.first.floats(), vector.first.floats());
          assertTwins(momentType, plain.second.floats(), vector.second.floats());
        }
      }
    }
  }

  private static void assertAdam(Moments before, Gradient gradient, AdamStep step, Moments after) {
    float[] v = before.values.floats();
    float[] m = before.first.floats();
    float[] s = before.second.floats();
    float[] values = after.values.floats();
    float[] first = after.first.floats();
    float[] second = after.second.floats();
    for (int i = 0; i < v.length; i++) {
      double[] sum = gradient.sum(i / before.dim);
      boolean touched = sum.length > 0;
      double g = touched ? sum[i % before.dim] * step.factor() : 0;
      double mean = touched ? m[i] + (g - m[i]) * step.new1() : m[i];
      double square = touched ? s[i] + (g * g - s[i]) * step.new2() : s[i];
      double change = touched ? step.stepSize() * mean / (Math.sqrt(square) + step.epsilon()) : 0;
      assertStored(after.type, touched, v[i] - change, values[i]);
      assertStored(after.momentType, touched, mean, first[i]);
      assertStored(after.momentType, touched, square, second[i]);
    }
  }

  /// Within float32's rounding, or one step of bfloat16; the same bits where nothing was to change.
  private static void assertStored(Rows.Type type, boolean touched, double expected, float actual) {
    double step = type == Rows.Type.FLOAT32 ? 0 : 0x1p-7 * Math.abs(expected);
    double error = touched ? 3e-6 * (1 + Math.abs(expected)) + step : 0;
    assertEquals(expected, actual, error);
  }

  /// The same noise: of bfloat16 only numbers at the very edge may be rounded apart.
  private static void assertTwins(Rows.Type type, float[] plain, float[] vector) {
    int apart = 0;
    for (int i = 0; i < plain.length; i++) {
      assertStored(type, true, plain[i], vector[i]);
      apart += plain[i] == vector[i] ? 0 : 1;
    }
    assertTrue(type == Rows.Type.FLOAT32 || apart <= 1 + plain.length / 1000, apart + " apart");
  }

  @Test
  void streamsReadEveryNumber() {
    try (Arena arena = Arena.ofConfined()) {
      float[] numbers = new float[4096];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = i % 7;
      }
      GuardedNumbers given = GuardedNumbers.of(arena, numbers);
      double expected = IntStream.range(0, numbers.length).map(i -> i % 7).sum();
      for (RowKernels kernels : TWINS) {
        assertEquals(expected, kernels.stream(given.address(), 4L * numbers.length));
      }
    }
  }
}
