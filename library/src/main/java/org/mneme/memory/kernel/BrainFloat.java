package org.mneme.memory.kernel;

/// bfloat16: the upper half of a float32. Stored values are rounded at random, up as often as the
/// part that is cut off is large, so that small updates add up on average instead of being lost.
final class BrainFloat {
  static final int NOISE_FACTOR = 0x85ebca6b;
  static final int COLUMN_FACTOR = 0x9e3779b9;

  /// What keeps a NaN one whose payload is cut off.
  static final int QUIET_BIT = 0x0040;

  private BrainFloat() {}

  /// What a number of a row is: each has noise of its own.
  enum Kind {
    VALUE(0),
    FIRST_MOMENT(1),
    SECOND_MOMENT(2);

    private final int mixings;

    Kind(int mixings) {
      this.mixings = mixings;
    }

    /// How many times more a hash is multiplied for this kind.
    int mixings() {
      return mixings;
    }
  }

  static float expand(short upper) {
    return Float.intBitsToFloat(upper << Short.SIZE);
  }

  /// The nearest, ties to even. A NaN stays one, a quiet one.
  static short round(float number) {
    int bits = Float.floatToRawIntBits(number);
    if (Float.isNaN(number)) {
      return (short) ((bits >>> Short.SIZE) | QUIET_BIT);
    }
    return (short) ((bits + 0x7fff + ((bits >>> Short.SIZE) & 1)) >>> Short.SIZE);
  }

  /// Where the noise of a row begins.
  static int rowSeed(long seed, int row) {
    long mixed = (seed * 0x9e3779b97f4a7c15L) ^ (row * 0xbf58476d1ce4e5b9L);
    mixed = (mixed ^ (mixed >>> 32)) * 0x94d049bb133111ebL;
    return (int) (mixed ^ (mixed >>> 29));
  }

  /// A hash of a place, so that the order of work is of no consequence.
  static int hash(int rowSeed, int column) {
    int bits = rowSeed + column * COLUMN_FACTOR;
    return (bits ^ (bits >>> Short.SIZE)) * NOISE_FACTOR;
  }

  /// 16 random bits for what is stored at a place: its value, its first or its second moment.
  static int noise(int hash, Kind kind) {
    int bits = hash;
    for (int i = 0; i < kind.mixings; i++) {
      bits *= NOISE_FACTOR;
    }
    return bits >>> Short.SIZE;
  }

  /// The number's upper half, one up if the lower half and the noise together carry. Infinities and
  /// the processor's own NaN have nothing in the lower half, so they stay what they are.
  static short roundAtRandom(float number, int noise) {
    return (short) ((Float.floatToRawIntBits(number) + noise) >>> Short.SIZE);
  }
}
