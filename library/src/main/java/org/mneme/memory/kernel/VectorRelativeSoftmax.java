package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.mneme.tensor.Parallel;

/// The softmax of attention by content and by relative position (Dai et al. 2019, section 3.3), and
/// its gradients, with the Vector API: query by query, of the keys that it sees alone, all that it
/// needs in the cache. Computed in float32 for either type, in an order that depends on nothing but
/// the shape and on what is seen.
public final class VectorRelativeSoftmax {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;
  private static final long LEAST_PARALLEL = 1 << 17; // scores, some 0.1 ms

  private final Scores scores;
  private final int padded; // keys, to whole vectors

  /// Products of queries and keys, and where those of queries and positions are.
  ///
  /// @param content address of `[rows, heads, time, keys]`
  /// @param stretches of the keys, all keys together
  /// @param firsts the first key that a query sees, `[time]` or `[rows * time]`; the last one that
  ///   query `i` sees is key `keys - time + i`
  /// @param scale of the scores
  public record Scores(
      Rows.Type type,
      int rows,
      int heads,
      int time,
      int keys,
      long content,
      List<Stretch> stretches,
      int[] firsts,
      float scale) {}

  /// Products of queries and positions for keys `from` to `from + count` (the latter left out).
  ///
  /// @param address of `[heads, rows * time, distances]`: the one of query `i` and key `k` is in
  ///   column `time - 1 - i + k - from` of the query's row
  public record Stretch(long address, int distances, int from, int count) {}

  /// What is dropped of the weights.
  ///
  /// @param seed of the [DropoutNoise], whose places are those of `[rows, heads, time, keys]`
  /// @param share 0 for nothing
  public record Dropping(long seed, double share) {
    /// Nothing.
    public static final Dropping NONE = new Dropping(0, 0);

    private boolean isNone() {
      return share == 0;
    }
  }

  private VectorRelativeSoftmax(Scores scores) {
    this.scores = scores;
    padded = (scores.keys + LANES - 1) / LANES * LANES;
  }

  /// Puts the weights in the place of the products of queries and keys.
  ///
  /// @param logSums address of float32 `[rows, heads, time]`: takes the logarithms of the sums of
  ///   the exponentials of scores
  /// @param threads at most
  public static void weights(Scores scores, Dropping dropping, long logSums, int threads) {
    var softmax = new VectorRelativeSoftmax(scores);
    softmax.forEachHead(
        threads,
        (from, to) -> {
          try (Scratch memory = new Scratch(2 * softmax.padded)) {
            Query query = softmax.new Query(memory.address());
            for (int i = from; i < to; i++) {
              query.go(i);
              query.weights(dropping, logSums + (long) i * Float.BYTES);
            }
          }
        });
  }

  /// Puts the weights (what was dropped is 0) in the place of the products of queries and keys, and
  /// the gradients of all products in those of theirs.
  ///
  /// @param logSums as [#weights] wrote them
  /// @param byWeights address of `[rows, heads, time, keys]`: gradients of the weights after
  ///   dropping, which become those of the products of queries and keys
  /// @param deltas address of float32 `[rows, heads, time]`: sums over the keys of weights after
  ///   dropping times their gradients
  public static void gradients(
      Scores scores, Dropping dropping, long logSums, long byWeights, long deltas, int threads) {
    var softmax = new VectorRelativeSoftmax(scores);
    softmax.forEachHead(
        threads,
        (from, to) -> {
          try (Scratch memory = new Scratch(4 * softmax.padded)) {
            Query query = softmax.new Query(memory.address());
            for (int i = from; i < to; i++) {
              query.go(i);
              long at = (long) i * Float.BYTES;
              float logSum = ALL.get(JAVA_FLOAT, logSums + at);
              query.gradients(dropping, logSum, byWeights, ALL.get(JAVA_FLOAT, deltas + at));
            }
          }
        });
  }

  /// Runs `block` over the queries of all heads and rows, those of a head on one thread.
  private void forEachHead(int threads, Parallel.Block block) {
    int heads = scores.rows * scores.heads;
    long work = (long) heads * scores.time * scores.keys;
    int used = work < LEAST_PARALLEL ? 1 : threads;
    Parallel.run(
        heads,
        Math.max(1, (heads + used - 1) / used),
        used,
        (from, to) -> block.run(from * scores.time, to * scores.time));
  }

  /// One query of a head and row after the other.
  private final class Query {
    private final long numbers; // `[padded]` scores, then exponentials
    private final long others; // `[padded]` of positions, then gradients
    private final long factors; // `[padded]` of dropping, in gradients only
    private long products; // number of the first one
    private long place; // which of `[heads, rows * time]`
    private int time;
    private int first; // key that it sees
    private int end; // of the keys that it sees
    private int begin; // of the vectors that hold them
    private int stop; // of these vectors, but no more than there are keys

    Query(long scratch) {
      numbers = scratch;
      others = scratch + (long) padded * Float.BYTES;
      factors = others + 2L * padded * Float.BYTES;
    }

    /// To query `index` of `[rows, heads, time]`.
    void go(int index) {
      int row = index / (scores.heads * scores.time);
      int head = index / scores.time % scores.heads;
      time = index % scores.time;
      products = (long) index * scores.keys;
      place = ((long) head * scores.rows + row) * scores.time + time;
      int[] firsts = scores.firsts;
      first = firsts[firsts.length == scores.time ? time : row * scores.time + time];
      end = scores.keys - scores.time + time + 1;
      begin = first / LANES * LANES;
      stop = Math.min(scores.keys, vectors(end));
    }

    private static int vectors(int keys) {
      return (keys + LANES - 1) / LANES * LANES;
    }

    private long bytes(long numbers) {
      return numbers * scores.type.bytes();
    }

    private static long at(long address, int index) {
      return address + (long) index * Float.BYTES;
    }

    /// Where in this query's row of products with positions that of key `key` is.
    private int column(Stretch stretch, int key) {
      return scores.time - 1 - time + key - stretch.from;
    }

    /// Brings the scores into `numbers`: minus infinity in the vectors' lanes that are not seen.
    private void read() {
      long content = scores.content + bytes(products + begin);
      VectorNumbers.widen(content, scores.type, at(numbers, begin), stop - begin, scores.scale);
      for (Stretch stretch : scores.stretches) {
        int from = Math.max(begin, stretch.from);
        int to = Math.min(stop, stretch.from + stretch.count);
        if (from < to) {
          long own = stretch.address + bytes(place * stretch.distances + column(stretch, from));
          VectorNumbers.widen(own, scores.type, at(others, from), to - from, scores.scale);
        }
      }
      for (int i = begin; i < end; i += LANES) {
        load(numbers, i).add(load(others, i)).intoMemorySegment(ALL, at(numbers, i), ORDER);
      }
      fill(begin, first);
      fill(end, vectors(end));
    }

    private void fill(int from, int to) {
      for (int i = from; i < to; i++) {
        ALL.set(JAVA_FLOAT, at(numbers, i), Float.NEGATIVE_INFINITY);
      }
    }

    private static FloatVector load(long address, int index) {
      return FloatVector.fromMemorySegment(FLOATS, ALL, at(address, index), ORDER);
    }

    private float largest() {
      FloatVector most = load(numbers, begin);
      for (int i = begin + LANES; i < end; i += LANES) {
        most = most.max(load(numbers, i));
      }
      return most.reduceLanes(VectorOperators.MAX);
    }

    private float exponentials(float largest) {
      return VectorExponential.run(at(numbers, begin), vectors(end) - begin, largest);
    }

    void weights(Dropping dropping, long logSum) {
      read();
      float largest = largest();
      float sum = exponentials(largest);
      ALL.set(JAVA_FLOAT, logSum, largest + (float) Math.log(sum));
      float factor = 1 / sum;
      if (dropping.isNone()) {
        for (int i = begin; i < end; i += LANES) {
          load(numbers, i).mul(factor).intoMemorySegment(ALL, at(numbers, i), ORDER);
        }
      } else {
        draw(dropping, others);
        for (int i = begin; i < end; i += LANES) {
          load(numbers, i)
              .mul(factor)
              .mul(load(others, i))
              .intoMemorySegment(ALL, at(numbers, i), ORDER);
        }
      }
      write(numbers, scores.content);
    }

    void gradients(Dropping dropping, float logSum, long byWeights, float delta) {
      read();
      float unused = exponentials(logSum);
      long gradients = byWeights + bytes(products + begin);
      VectorNumbers.widen(gradients, scores.type, at(others, begin), stop - begin, 1);
      if (!dropping.isNone()) {
        draw(dropping, factors);
      }
      for (int i = begin; i < end; i += LANES) {
        FloatVector weight = load(numbers, i);
        FloatVector gradient = load(others, i);
        if (!dropping.isNone()) {
          FloatVector factor = load(factors, i);
          gradient = gradient.mul(factor);
          weight.mul(factor).intoMemorySegment(ALL, at(numbers, i), ORDER);
        }
        gradient
            .sub(delta)
            .mul(weight)
            .mul(scores.scale)
            .intoMemorySegment(ALL, at(others, i), ORDER);
      }
      write(numbers, scores.content);
      write(others, byWeights);
      for (Stretch stretch : scores.stretches) {
        writePositions(stretch);
      }
    }

    /// What weights are multiplied by, of the keys that are seen.
    private void draw(Dropping dropping, long to) {
      int place = Math.toIntExact(products) + begin;
      int count = vectors(end) - begin;
      VectorDropoutNoise.fill(
          dropping.seed, dropping.share, Rows.Type.FLOAT32, at(to, begin), place, count);
    }

    /// One number for each key, 0 for those that are not seen.
    private void write(long from, long to) {
      long row = to + bytes(products);
      clear(row, begin);
      VectorNumbers.narrow(at(from, begin), row + bytes(begin), scores.type, stop - begin);
      clear(row + bytes(stop), scores.keys - stop);
    }

    /// Gradients of the products with positions, 0 for positions that no key is at.
    private void writePositions(Stretch stretch) {
      int from = Math.clamp(first, stretch.from, stretch.from + stretch.count);
      int to = Math.clamp(end, from, stretch.from + stretch.count);
      long row = stretch.address + bytes(place * stretch.distances);
      int column = from == to ? 0 : column(stretch, from);
      clear(row, column);
      VectorNumbers.narrow(at(others, from), row + bytes(column), scores.type, to - from);
      int behind = column + to - from;
      clear(row + bytes(behind), stretch.distances - behind);
    }

    private void clear(long address, int count) {
      ALL.asSlice(address, bytes(count)).fill((byte) 0);
    }
  }
}
