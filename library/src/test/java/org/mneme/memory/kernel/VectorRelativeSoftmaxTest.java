package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.memory.kernel.VectorRelativeSoftmax.Dropping;
import org.mneme.memory.kernel.VectorRelativeSoftmax.Scores;
import org.mneme.memory.kernel.VectorRelativeSoftmax.Stretch;

class VectorRelativeSoftmaxTest {
  private static final float SCALE = 0.3f;
  private static final double SHARE = 0.2;
  private static final float STAYING = 1.25f;
  private static final double FLOAT32_ROUNDING = 2e-6;
  private static final double BFLOAT16_ROUNDING = 1.0 / 256;

  /// A case with numbers of its own.
  ///
  /// @param cuts where stretches after the first one begin
  private record Case(int rows, int heads, int time, int keys, List<Integer> cuts, long seed) {
    private int queries() {
      return rows * heads * time;
    }

    /// As many as there are: keys that a query does not see may have their places in its
    /// neighbour's row.
    private int distances(int stretch) {
      int count = to(stretch) - from(stretch);
      return stretch == cuts.size() ? count + 1 : time + count - 1;
    }

    private int from(int stretch) {
      return stretch == 0 ? 0 : cuts.get(stretch - 1);
    }

    private int to(int stretch) {
      return stretch == cuts.size() ? keys : cuts.get(stretch);
    }

    private float[] numbers(int which, int count, Rows.Type type) {
      float[] numbers = GuardedNumbers.gaussian(new Random(seed * 10 + which), count);
      try (Arena arena = Arena.ofConfined()) {
        return GuardedNumbers.of(arena, type, numbers).floats();
      }
    }

    private float[] content(Rows.Type type) {
      return numbers(0, queries() * keys, type);
    }

    private float[] byWeights(Rows.Type type) {
      return numbers(1, queries() * keys, type);
    }

    private float[] byPosition(int stretch, Rows.Type type) {
      return numbers(2 + stretch, queries() * distances(stretch), type);
    }

    private int[] firsts() {
      Random random = new Random(seed);
      int[] firsts = new int[rows * time];
      for (int i = 0; i < firsts.length; i++) {
        int own = keys - time + i % time;
        firsts[i] = seed % 2 == 0 ? 0 : random.nextInt(own + 1);
      }
      return seed % 2 == 0 ? Arrays.copyOf(firsts, time) : firsts;
    }

    private float[] noise() {
      float[] noise = new float[queries() * keys];
      try (Arena arena = Arena.ofConfined()) {
        GuardedNumbers numbers = GuardedNumbers.of(arena, Rows.Type.FLOAT32, noise);
        DropoutNoise.plain(seed, SHARE, Rows.Type.FLOAT32, numbers.address(), 0, noise.length);
        return numbers.floats();
      }
    }
  }

  /// What came of a case: weights, their logarithms of sums, and gradients of products.
  private record Result(
      float[] weights,
      float[] logSums,
      float[] again,
      float[] byContent,
      List<float[]> byPosition) {}

  private static Result run(Case given, Rows.Type type, boolean drops, int threads) {
    try (Arena arena = Arena.ofShared()) {
      GuardedNumbers content = GuardedNumbers.of(arena, type, given.content(type));
      GuardedNumbers again = GuardedNumbers.of(arena, type, given.content(type));
      GuardedNumbers byWeights = GuardedNumbers.of(arena, type, given.byWeights(type));
      GuardedNumbers sums = GuardedNumbers.of(arena, Rows.Type.FLOAT32, new float[given.queries()]);
      List<GuardedNumbers> byPosition = new ArrayList<>();
      List<Stretch> stretches = new ArrayList<>();
      for (int i = 0; i <= given.cuts.size(); i++) {
        byPosition.add(GuardedNumbers.of(arena, type, given.byPosition(i, type)));
        stretches.add(
            new Stretch(
                byPosition.getLast().address(),
                given.distances(i),
                given.from(i),
                given.to(i) - given.from(i)));
      }
      Dropping dropping = drops ? new Dropping(given.seed, SHARE) : Dropping.NONE;
      Scores scores = scores(given, type, content, stretches);
      VectorRelativeSoftmax.weights(scores, dropping, sums.address(), threads);
      float[] weights = content.floats();
      float[] arriving = given.byWeights(type);
      float[] deltas = new float[given.queries()];
      for (int i = 0; i < weights.length; i++) {
        deltas[i / given.keys] += weights[i] * arriving[i];
      }
      VectorRelativeSoftmax.gradients(
          scores(given, type, again, stretches),
          dropping,
          sums.address(),
          byWeights.address(),
          GuardedNumbers.of(arena, Rows.Type.FLOAT32, deltas).address(),
          threads);
      return new Result(
          weights,
          sums.floats(),
          again.floats(),
          byWeights.floats(),
          byPosition.stream().map(GuardedNumbers::floats).toList());
    }
  }

  private static Scores scores(
      Case given, Rows.Type type, GuardedNumbers content, List<Stretch> stretches) {
    return new Scores(
        type,
        given.rows,
        given.heads,
        given.time,
        given.keys,
        content.address(),
        stretches,
        given.firsts(),
        SCALE);
  }

  /// The formula in float64, number by number.
  private static void check(Case given, Rows.Type type, boolean drops) {
    Result result = run(given, type, drops, 1);

    double rounding = type == Rows.Type.FLOAT32 ? FLOAT32_ROUNDING : BFLOAT16_ROUNDING;
    assertArrayEquals(result.weights, result.again, (float) rounding, "of the backward pass");
    float[] content = given.content(type);
    float[] byWeights = given.byWeights(type);
    float[] noise = given.noise();
    List<double[]> byPosition = new ArrayList<>();
    List<float[]> positions = new ArrayList<>();
    for (int i = 0; i <= given.cuts.size(); i++) {
      positions.add(given.byPosition(i, type));
      byPosition.add(new double[positions.get(i).length]);
    }
    for (int query = 0; query < given.queries(); query++) {
      int time = query % given.time;
      int head = query / given.time % given.heads;
      int row = query / given.time / given.heads;
      int[] firsts = given.firsts();
      int first = firsts[firsts.length == given.time ? time : row * given.time + time];
      int end = given.keys - given.time + time + 1;
      double[] powers = new double[given.keys];
      int[] places = new int[given.keys];
      for (int key = first; key < end; key++) {
        int stretch = stretch(given, key);
        int place = (head * given.rows + row) * given.time + time;
        places[key] =
            place * given.distances(stretch) + given.time - 1 - time + key - given.from(stretch);
        double product =
            (double) content[query * given.keys + key] + positions.get(stretch)[places[key]];
        powers[key] = Math.exp(SCALE * product);
      }
      double sum = Arrays.stream(powers).sum();
      assertEquals(Math.log(sum), result.logSums[query], 1e-5, "query " + query);
      double delta = 0;
      for (int key = 0; key < given.keys; key++) {
        int at = query * given.keys + key;
        double stay = drops ? noise[at] : 1;
        double weight = powers[key] / sum * stay;
        assertEquals(weight, result.weights[at], rounding * STAYING, "weight " + at);
        delta += result.weights[at] * byWeights[at];
      }
      for (int key = 0; key < given.keys; key++) {
        int at = query * given.keys + key;
        double stay = drops ? noise[at] : 1;
        double gradient = powers[key] / sum * (stay * byWeights[at] - delta) * SCALE;
        double allowed = 2 * rounding * Math.max(1, Math.abs(gradient));
        assertEquals(gradient, result.byContent[at], allowed, "gradient " + at);
        if (key >= first && key < end) {
          byPosition.get(stretch(given, key))[places[key]] = gradient;
        }
      }
    }
    for (int i = 0; i < byPosition.size(); i++) {
      float[] own = result.byPosition.get(i);
      for (int at = 0; at < own.length; at++) {
        double expected = byPosition.get(i)[at];
        double allowed = expected == 0 ? 0 : 2 * rounding * Math.max(1, Math.abs(expected));
        assertEquals(expected, own[at], allowed, "position " + at + " of stretch " + i);
      }
    }
  }

  private static int stretch(Case given, int key) {
    int stretch = 0;
    while (key >= given.to(stretch)) {
      stretch++;
    }
    return stretch;
  }

  @ParameterizedTest
  @CsvSource({
    "1,1,1,1,,0",
    "1,1,1,9,,2",
    "2,3,5,5,,1",
    "2,3,5,5,,2",
    "2,2,16,48,,4",
    "1,2,17,50,20,3",
    "2,2,33,100,16 40,4",
    "2,2,33,100,16 40,5",
    "1,1,70,131,,6"
  })
  void weightsAndGradientsAreThoseOfTheFormula(
      int rows, int heads, int time, int keys, String cuts, long seed) {
    List<Integer> all = new ArrayList<>();
    if (cuts != null) {
      for (String cut : cuts.split(" ")) {
        all.add(Integer.parseInt(cut));
      }
    }
    Case given = new Case(rows, heads, time, keys, all, seed);
    for (Rows.Type type : Rows.Type.values()) {
      check(given, type, false);
      check(given, type, true);
    }
  }

  @ParameterizedTest
  @CsvSource({"FLOAT32", "BFLOAT16"})
  void bitsDoNotDependOnThreads(Rows.Type type) {
    Case given = new Case(3, 4, 90, 200, List.of(30), 7);
    Result one = run(given, type, true, 1);
    Result three = run(given, type, true, 3);
    assertArrayEquals(one.weights, three.weights);
    assertArrayEquals(one.logSums, three.logSums);
    assertArrayEquals(one.byContent, three.byContent);
    assertArrayEquals(one.byPosition.getFirst(), three.byPosition.getFirst());
    assertArrayEquals(one.byPosition.getLast(), three.byPosition.getLast());
  }
}
