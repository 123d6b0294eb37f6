package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.memory.kernel.BrainFloat.Kind;

class BrainFloatTest {
  private static final int ROUNDINGS = 100_000;

  /// Along the columns of a row, the rows of a column, and the steps at one place.
  private enum Way {
    COLUMNS(i -> noise(3, 17, i, Kind.VALUE)),
    COLUMNS_OF_FIRST(i -> noise(3, 17, i, Kind.FIRST_MOMENT)),
    COLUMNS_OF_SECOND(i -> noise(3, 17, i, Kind.SECOND_MOMENT)),
    ROWS(i -> noise(3, i, 5, Kind.VALUE)),
    STEPS(i -> noise(i, 17, 5, Kind.VALUE));

    private final IntUnaryOperator noise;

    Way(IntUnaryOperator noise) {
      this.noise = noise;
    }

    private static int noise(long step, int row, int column, Kind kind) {
      return BrainFloat.noise(BrainFloat.hash(BrainFloat.rowSeed(step, row), column), kind);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {1.00123f, -0.7071068f, 3.3e-5f, -1.5e30f, 0.999f, 1.0000001f, 1e-41f})
  void roundingsAreRightOnAverage(float number) {
    double lower = Float.floatToRawIntBits(number) & 0xffff;
    float down = BrainFloat.expand(BrainFloat.roundAtRandom(number, 0));
    float up = BrainFloat.expand(BrainFloat.roundAtRandom(number, 0xffff));
    double share = lower / 0x10000;
    double sigma = Math.sqrt(share * (1 - share) / ROUNDINGS);
    for (Way way : Way.values()) {
      double sum = 0;
      for (int i = 0; i < ROUNDINGS; i++) {
        float rounded =
            BrainFloat.expand(BrainFloat.roundAtRandom(number, way.noise.applyAsInt(i)));
        assertTrue(rounded == down || rounded == up);
        sum += rounded;
      }
      double steps = (sum / ROUNDINGS - number) / ((double) up - down);
      assertEquals(0, steps, 4 * sigma, way + " of " + number);
    }
  }

  /// What each float32 becomes, as bits: zeros, the smallest and largest numbers, ties, carries,
  /// infinities, and NaNs with a payload in the upper half, in the lower half, and in both.
  static final int[][] SPECIAL = {
    {0x00000000, 0x0000},
    {0x80000000, 0x8000},
    {0x00000001, 0x0000},
    {0x80008000, 0x8000},
    {0x00008001, 0x0001},
    {0x00018000, 0x0002},
    {0x007fffff, 0x0080},
    {0x00800000, 0x0080},
    {0x3f800000, 0x3f80},
    {0x3f807fff, 0x3f80},
    {0x3f808000, 0x3f80},
    {0x3f808001, 0x3f81},
    {0xbf818000, 0xbf82},
    {0x3fffffff, 0x4000},
    {0x7f7f7fff, 0x7f7f},
    {0x7f7f8000, 0x7f80},
    {0xff7fffff, 0xff80},
    {0x7f800000, 0x7f80},
    {0xff800000, 0xff80},
    {0x7f800001, 0x7fc0},
    {0xff800001, 0xffc0},
    {0x7f80ffff, 0x7fc0},
    {0x7f810000, 0x7fc1},
    {0x7fc00000, 0x7fc0},
    {0xffc00000, 0xffc0},
    {0x7fffffff, 0x7fff},
    {0xffffffff, 0xffff}
  };

  @ParameterizedTest
  @FieldSource("SPECIAL")
  void specialNumbersAreRoundedToNearest(int[] special) {
    short rounded = BrainFloat.round(Float.intBitsToFloat(special[0]));
    assertEquals(special[1], Short.toUnsignedInt(rounded), () -> "%08x".formatted(special[0]));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 16, 768})
  void neighboursAreRoundedIndependently(int distance) {
    double middle = 0x7fff + 0.5;
    for (Way way : Way.values()) {
      double product =
          IntStream.range(0, ROUNDINGS)
              .mapToDouble(i ->
                  (way.noise.applyAsInt(i) - middle)
                      * (way.noise.applyAsInt(i + distance) - middle))
              .average()
              .orElseThrow();
      double variance = 0x1p32 / 12;
      assertEquals(0, product / variance, 4 / Math.sqrt(ROUNDINGS), way + " apart " + distance);
    }
  }

  @ParameterizedTest
  @ValueSource(
      floats = {0f, -0f, 1f, -2.5f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN})
  void whatFitsStaysWhatItIs(float number) {
    for (int noise : new int[] {0, 1, 0x8000, 0xffff}) {
      float rounded = BrainFloat.expand(BrainFloat.roundAtRandom(number, noise));
      assertEquals(Float.floatToRawIntBits(number), Float.floatToRawIntBits(rounded));
    }
  }
}
