package org.mneme.bench;

import static org.mneme.bench.Sizes.HEADS;
import static org.mneme.bench.Sizes.QUERY_DIM;
import static org.mneme.bench.Sizes.READS;
import static org.mneme.bench.Sizes.SLOTS_PER_HEAD;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// The numbers that stages work on: the same sizes give the same numbers, on any machine.
///
/// The table is a formula, so that nobody need hand over gigabytes: element `i` is a hash of `i`,
/// 24 bits with sign, times a power of two. Every operation of it is exact in any language.
///
/// @param sizes of the memory
public record Inputs(Sizes sizes) {
  private static final long SEED = 4;

  /// Seeds for which the score of no query's last slot that is read comes closer than 1.7e-6 to
  /// that of the first that is not (in float64): rounding then hardly exchanges slots, which would
  /// hide all smaller differences of results.
  private static final Map<Sizes, Long> CLEAR_SEEDS =
      Map.of(
          new Sizes(512, 768), 64L,
          new Sizes(512, 256), 344L,
          new Sizes(1024, 768), 184L,
          new Sizes(1024, 256), 164L);

  private static final long FIRST_FACTOR = 0x9E3779B97F4A7C15L;
  private static final long SECOND_FACTOR = 0xBF58476D1CE4E5B9L;
  private static final int DISCARDED_BITS = 40;
  private static final int FRACTION_BITS = 23;
  private static final double SPREAD = 0.5; // of the logarithms of weights

  /// What the layer is given, `[tokens, dim]`, normal.
  public float[] x() {
    return normal(1, sizes.tokens() * sizes.dim());
  }

  /// The gradient of what the layer gives, `[tokens, dim]`, normal.
  public float[] gradient() {
    return normal(2, sizes.tokens() * sizes.dim());
  }

  /// `[heads * queryDim, dim]`, uniform as in a fresh layer.
  public float[] queryWeight() {
    int width = sizes.dim();
    return uniform(3, 1 / Math.sqrt(width), HEADS * QUERY_DIM * width);
  }

  /// `[heads * queryDim]`, uniform as in a fresh layer.
  public float[] queryBias() {
    return uniform(4, 1 / Math.sqrt(sizes.dim()), HEADS * QUERY_DIM);
  }

  /// `[heads, 2, keysPerSide, queryDim / 2]`, uniform as in a fresh layer.
  public float[] keys() {
    int half = QUERY_DIM / 2;
    return uniform(5, 1 / Math.sqrt(half), HEADS * 2 * sizes.keysPerSide() * half);
  }

  /// Half-scores `[heads, 2, tokens, keysPerSide]`, normal.
  public float[] scores() {
    return normal(6, HEADS * 2 * sizes.tokens() * sizes.keysPerSide());
  }

  /// Slots `[tokens, heads * slotsPerHead]` anywhere in the table, those of a head all different.
  public int[] slots() {
    RandomGenerator random = random(7);
    int[] slots = new int[sizes.tokens() * READS];
    Set<Integer> drawn = new HashSet<>();
    for (int i = 0; i < slots.length; i++) {
      if (i % SLOTS_PER_HEAD == 0) {
        drawn.clear();
      }
      do {
        slots[i] = random.nextInt(sizes.slots());
      } while (!drawn.add(slots[i]));
    }
    return slots;
  }

  /// Weights `[tokens, heads * slotsPerHead]`, those of a head of sum 1.
  public float[] weights() {
    float[] weights = normal(8, sizes.tokens() * READS);
    for (int start = 0; start < weights.length; start += SLOTS_PER_HEAD) {
      double sum = 0;
      for (int i = start; i < start + SLOTS_PER_HEAD; i++) {
        weights[i] = (float) Math.exp(SPREAD * weights[i]);
        sum += weights[i];
      }
      for (int i = start; i < start + SLOTS_PER_HEAD; i++) {
        weights[i] = (float) (weights[i] / sum);
      }
    }
    return weights;
  }

  /// The power of two of the table's formula: its values are uniform, with a standard deviation of
  /// about `valueDim^-1/2`.
  public int exponent() {
    double bound = Math.sqrt(3.0 / sizes.valueDim());
    return (int) Math.round(Math.log(bound) / Math.log(2)) - FRACTION_BITS;
  }

  /// Element `i` of the table.
  float value(long i) {
    long hash = i * FIRST_FACTOR;
    hash ^= hash >> Integer.SIZE;
    hash *= SECOND_FACTOR;
    return Math.scalb((float) (hash >> DISCARDED_BITS), exponent());
  }

  /// Rows of the table from `first` on, as many as fit into `rows`.
  void values(int first, float[] rows) {
    long start = (long) first * sizes.valueDim();
    IntStream.range(0, rows.length).parallel().forEach(i -> rows[i] = value(start + i));
  }

  private RandomGenerator random(long place) {
    return new SplittableRandom(CLEAR_SEEDS.getOrDefault(sizes, SEED) + place);
  }

  private float[] normal(long place, int count) {
    RandomGenerator random = random(place);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  private float[] uniform(long place, double bound, int count) {
    RandomGenerator random = random(place);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextDouble(-bound, bound);
    }
    return numbers;
  }
}
