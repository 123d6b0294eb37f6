package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.mneme.tensor.Parallel;

/// softmax(scale Q K^T) V (Vaswani et al. 2017, section 3.2.1) for inference with the Vector API:
/// straight from the rows of one product for queries, keys and values to rows of contexts, head by
/// head, all that a head needs in the cache. Sums are float32 for either type, in an order that
/// depends on nothing but the shape.
public final class VectorAttention {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final int VECTOR_BYTES = LANES * Float.BYTES;
  private static final int PAIR = 2 * LANES;
  private static final int QUERIES = 4; // at a time
  private static final long LEAST_PARALLEL = 4_000_000; // multiplications, some 0.1 ms
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;

  private final Shape shape;
  private final Rows.Type type;
  private final int keys; // padded to pairs of vectors
  private final int columns; // of values, padded likewise

  /// @param heads of `headDim` numbers each, side by side in a row
  public record Shape(int batch, int time, int heads, int headDim) {
    private int dim() {
      return heads * headDim;
    }
  }

  private VectorAttention(Shape shape, Rows.Type type) {
    this.shape = shape;
    this.type = type;
    keys = (shape.time + PAIR - 1) / PAIR * PAIR;
    columns = (shape.headDim + PAIR - 1) / PAIR * PAIR;
  }

  /// Computes the contexts of whole sequences.
  ///
  /// @param joined address of `[batch x time, 3 x heads x headDim]`: queries, keys, values
  /// @param allowed address of `[batch, time]` bytes, 0 for keys that nobody looks at, but for one
  ///   of a sequence at least; 0 where all are looked at
  /// @param scale of the scores, usually 1 / sqrt(headDim)
  /// @param out address of `[batch x time, heads x headDim]`
  /// @param threads at most
  public static void run(
      long joined, Rows.Type type, Shape shape, long allowed, float scale, long out, int threads) {
    var attention = new VectorAttention(shape, type);
    int heads = shape.batch * shape.heads;
    long work = 2L * heads * shape.time * shape.time * shape.headDim;
    int used = work < LEAST_PARALLEL ? 1 : threads;
    Parallel.run(
        heads,
        Math.max(1, (heads + used - 1) / used),
        used,
        (from, to) -> {
          try (Scratch memory = new Scratch(attention.room())) {
            Room room = attention.divide(memory.address());
            for (int i = from; i < to; i++) {
              long row = (long) i / shape.heads * shape.time;
              long mask = allowed == 0 ? 0 : allowed + row;
              long column = (long) (i % shape.heads) * shape.headDim * type.bytes();
              long width = (long) shape.dim() * type.bytes();
              int looked = attention.look(mask, room.bias);
              attention.load(joined + row * 3 * width + column, width, scale, room);
              attention.head(room, looked, out + row * width + column, width);
            }
          }
        });
  }

  /// Where a head's numbers are.
  ///
  /// @param queries `[time, headDim]`, padded to whole groups
  /// @param turned keys `[headDim, keys]`
  /// @param values `[time, columns]`
  /// @param bias `[keys]`, 0 or minus infinity
  /// @param scores `[4, keys]`
  /// @param sums `[4, columns]`
  /// @param factors `[4]`
  /// @param tile of keys, see [Transposition]
  private record Room(
      long queries,
      long turned,
      long values,
      long bias,
      long scores,
      long sums,
      long factors,
      long tile) {}

  private int queries() {
    return (shape.time + QUERIES - 1) / QUERIES * QUERIES;
  }

  private int room() {
    return queries() * shape.headDim
        + keys * (shape.headDim + 1 + QUERIES)
        + columns * (shape.time + QUERIES)
        + QUERIES
        + LANES * LANES;
  }

  private Room divide(long address) {
    long bias = address + (long) LANES * VECTOR_BYTES;
    long scores = bias + (long) keys * Float.BYTES;
    long turned = scores + (long) keys * QUERIES * Float.BYTES;
    long values = turned + (long) keys * shape.headDim * Float.BYTES;
    long sums = values + (long) columns * shape.time * Float.BYTES;
    long factors = sums + (long) columns * QUERIES * Float.BYTES;
    long queries = factors + QUERIES * Float.BYTES;
    return new Room(queries, turned, values, bias, scores, sums, factors, address);
  }

  /// Writes the bias of a sequence, and returns how many keys there are up to the last allowed one.
  private int look(long allowed, long bias) {
    int looked = 1;
    for (int i = 0; i < keys; i++) {
      boolean seen = i < shape.time && (allowed == 0 || ALL.get(JAVA_BYTE, allowed + i) != 0);
      float number = seen ? 0 : Float.NEGATIVE_INFINITY;
      ALL.set(JAVA_FLOAT, bias + (long) i * Float.BYTES, number);
      looked = seen ? i + 1 : looked;
    }
    return looked;
  }

  /// Brings a head's queries, keys and values to where they are computed with.
  private void load(long joined, long width, float scale, Room room) {
    int dim = shape.headDim;
    for (int i = 0; i < shape.time; i++) {
      long from = joined + 3L * i * width;
      VectorNumbers.widen(from, type, room.queries + (long) i * dim * Float.BYTES, dim, scale);
      long value = room.values + (long) i * columns * Float.BYTES;
      VectorNumbers.widen(from + 2 * width, type, value, dim, 1);
    }
    for (int key = 0; key < shape.time; key += LANES) {
      for (int column = 0; column < dim; column += LANES) {
        turn(
            joined + (key * 3L + 1) * width + (long) column * type.bytes(),
            width,
            key,
            column,
            room);
      }
    }
  }

  /// A tile of keys, zero behind the last key and column, into its place among the turned.
  private void turn(long from, long width, int key, int column, Room room) {
    int filled = Math.min(LANES, shape.headDim - column);
    for (int i = 0; i < LANES; i++) {
      long row = room.tile + (long) i * VECTOR_BYTES;
      if (key + i < shape.time && filled == LANES) {
        VectorNumbers.widen(from + 3L * i * width, type, row, LANES, 1);
      } else {
        FloatVector.zero(FLOATS).intoMemorySegment(ALL, row, ORDER);
        VectorNumbers.widen(from + 3L * i * width, type, row, key + i < shape.time ? filled : 0, 1);
      }
    }
    Transposition.turn(room.tile);
    for (int i = 0; i < filled; i++) {
      long to = room.turned + ((long) (column + i) * keys + key) * Float.BYTES;
      FloatVector.fromMemorySegment(FLOATS, ALL, room.tile + (long) i * VECTOR_BYTES, ORDER)
          .intoMemorySegment(ALL, to, ORDER);
    }
  }

  private void head(Room room, int looked, long out, long width) {
    int used = (looked + PAIR - 1) / PAIR * PAIR;
    for (int query = 0; query < shape.time; query += QUERIES) {
      long some = room.queries + (long) query * shape.headDim * Float.BYTES;
      scores(some, room, used);
      for (int i = 0; i < QUERIES; i++) {
        long scores = room.scores + (long) i * keys * Float.BYTES;
        long factor = room.factors + (long) i * Float.BYTES; // the largest score until now
        ALL.set(
            JAVA_FLOAT,
            factor,
            1 / VectorExponential.run(scores, used, ALL.get(JAVA_FLOAT, factor)));
      }
      contexts(room, looked);
      for (int i = 0; i < Math.min(QUERIES, shape.time - query); i++) {
        VectorNumbers.narrow(
            room.sums + (long) i * columns * Float.BYTES,
            out + (query + i) * width,
            type,
            shape.headDim);
      }
    }
  }

  /// Scores of four queries over the first `used` keys, and the largest of each.
  // all in variables on purpose: arrays would be memory traffic in the inner loop
  private void scores(long queries, Room room, int used) {
    long turned = room.turned;
    long bias = room.bias;
    long scores = room.scores;
    long largest = room.factors;
    int dim = shape.headDim;
    long query = (long) dim * Float.BYTES;
    long row = (long) keys * Float.BYTES;
    FloatVector most0 = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    FloatVector most1 = most0;
    FloatVector most2 = most0;
    FloatVector most3 = most0;
    for (int j = 0; j < used; j += PAIR) {
      long at = (long) j * Float.BYTES;
      FloatVector a0 = FloatVector.fromMemorySegment(FLOATS, ALL, bias + at, ORDER);
      FloatVector b0 = FloatVector.fromMemorySegment(FLOATS, ALL, bias + at + VECTOR_BYTES, ORDER);
      FloatVector a1 = a0;
      FloatVector b1 = b0;
      FloatVector a2 = a0;
      FloatVector b2 = b0;
      FloatVector a3 = a0;
      FloatVector b3 = b0;
      for (int d = 0; d < dim; d++) {
        long key = turned + d * row + at;
        long number = queries + (long) d * Float.BYTES;
        FloatVector a = FloatVector.fromMemorySegment(FLOATS, ALL, key, ORDER);
        FloatVector b = FloatVector.fromMemorySegment(FLOATS, ALL, key + VECTOR_BYTES, ORDER);
        FloatVector q0 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, number));
        a0 = q0.fma(a, a0);
        b0 = q0.fma(b, b0);
        FloatVector q1 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, number + query));
        a1 = q1.fma(a, a1);
        b1 = q1.fma(b, b1);
        FloatVector q2 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, number + 2 * query));
        a2 = q2.fma(a, a2);
        b2 = q2.fma(b, b2);
        FloatVector q3 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, number + 3 * query));
        a3 = q3.fma(a, a3);
        b3 = q3.fma(b, b3);
      }
      most0 = most0.max(a0).max(b0);
      most1 = most1.max(a1).max(b1);
      most2 = most2.max(a2).max(b2);
      most3 = most3.max(a3).max(b3);
      long to = scores + at;
      a0.intoMemorySegment(ALL, to, ORDER);
      b0.intoMemorySegment(ALL, to + VECTOR_BYTES, ORDER);
      a1.intoMemorySegment(ALL, to + row, ORDER);
      b1.intoMemorySegment(ALL, to + row + VECTOR_BYTES, ORDER);
      a2.intoMemorySegment(ALL, to + 2 * row, ORDER);
      b2.intoMemorySegment(ALL, to + 2 * row + VECTOR_BYTES, ORDER);
      a3.intoMemorySegment(ALL, to + 3 * row, ORDER);
      b3.intoMemorySegment(ALL, to + 3 * row + VECTOR_BYTES, ORDER);
    }
    ALL.set(JAVA_FLOAT, largest, most0.reduceLanes(VectorOperators.MAX));
    ALL.set(JAVA_FLOAT, largest + 4, most1.reduceLanes(VectorOperators.MAX));
    ALL.set(JAVA_FLOAT, largest + 8, most2.reduceLanes(VectorOperators.MAX));
    ALL.set(JAVA_FLOAT, largest + 12, most3.reduceLanes(VectorOperators.MAX));
  }

  /// Sums of values `[4, columns]` over the first `looked` keys, by the exponentials, times the
  /// factors.
  // all in variables on purpose, see above
  private void contexts(Room room, int looked) {
    long scores = room.scores;
    long values = room.values;
    long factors = room.factors;
    long row = (long) keys * Float.BYTES;
    long value = (long) columns * Float.BYTES;
    for (int c = 0; c < columns; c += PAIR) {
      long at = (long) c * Float.BYTES;
      FloatVector a0 = FloatVector.zero(FLOATS);
      FloatVector b0 = a0;
      FloatVector a1 = a0;
      FloatVector b1 = a0;
      FloatVector a2 = a0;
      FloatVector b2 = a0;
      FloatVector a3 = a0;
      FloatVector b3 = a0;
      for (int j = 0; j < looked; j++) {
        long from = values + j * value + at;
        long weight = scores + (long) j * Float.BYTES;
        FloatVector a = FloatVector.fromMemorySegment(FLOATS, ALL, from, ORDER);
        FloatVector b = FloatVector.fromMemorySegment(FLOATS, ALL, from + VECTOR_BYTES, ORDER);
        FloatVector w0 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, weight));
        a0 = w0.fma(a, a0);
        b0 = w0.fma(b, b0);
        FloatVector w1 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, weight + row));
        a1 = w1.fma(a, a1);
        b1 = w1.fma(b, b1);
        FloatVector w2 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, weight + 2 * row));
        a2 = w2.fma(a, a2);
        b2 = w2.fma(b, b2);
        FloatVector w3 = FloatVector.broadcast(FLOATS, ALL.get(JAVA_FLOAT, weight + 3 * row));
        a3 = w3.fma(a, a3);
        b3 = w3.fma(b, b3);
      }
      long to = room.sums + at;
      float f0 = ALL.get(JAVA_FLOAT, factors);
      float f1 = ALL.get(JAVA_FLOAT, factors + 4);
      float f2 = ALL.get(JAVA_FLOAT, factors + 8);
      float f3 = ALL.get(JAVA_FLOAT, factors + 12);
      a0.mul(f0).intoMemorySegment(ALL, to, ORDER);
      b0.mul(f0).intoMemorySegment(ALL, to + VECTOR_BYTES, ORDER);
      a1.mul(f1).intoMemorySegment(ALL, to + value, ORDER);
      b1.mul(f1).intoMemorySegment(ALL, to + value + VECTOR_BYTES, ORDER);
      a2.mul(f2).intoMemorySegment(ALL, to + 2 * value, ORDER);
      b2.mul(f2).intoMemorySegment(ALL, to + 2 * value + VECTOR_BYTES, ORDER);
      a3.mul(f3).intoMemorySegment(ALL, to + 3 * value, ORDER);
      b3.mul(f3).intoMemorySegment(ALL, to + 3 * value + VECTOR_BYTES, ORDER);
    }
  }
}
