package org.mneme.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Where the keys of a block are, seen from its queries: for rows of a batch whose keys are at the
/// same distances. Keys are those of `memory` remembered tokens and of the segment's own.
///
/// @param rows of the batch
/// @param memory remembered tokens, the last ones
/// @param stretches of keys that follow each other in the text, all keys together
/// @param firsts the first key that a query looks at, `[time]` where that is the same for all rows,
///   `[rows * time]` otherwise; the last one is its own
record KeyPlaces(int[] rows, int memory, List<Stretch> stretches, int[] firsts) {
  /// Keys `from` to `from + count` (the latter left out): the first of them is at distance `base +
  /// i` from query `i`, each further one is nearer by 1.
  record Stretch(int from, int count, long base) {}

  /// The places of keys for all rows of a part, those together that are alike.
  static List<KeyPlaces> of(
      SegmentMemory.Part part, int layer, TransformerXlConfig.Reach attention) {
    int memory = 0;
    for (int row = 0; row < part.rows(); row++) {
      memory = Math.max(memory, visible(part, layer, row));
    }
    Map<List<Long>, List<Integer>> alike = new LinkedHashMap<>();
    for (int row = 0; row < part.rows(); row++) {
      List<Long> distances = distances(part, layer, row, memory);
      alike.computeIfAbsent(distances, _ -> new ArrayList<>()).add(row);
    }
    List<KeyPlaces> places = new ArrayList<>();
    for (var entry : alike.entrySet()) {
      int[] rows = entry.getValue().stream().mapToInt(Integer::intValue).toArray();
      List<Stretch> stretches = stretches(entry.getKey(), part.time());
      places.add(
          new KeyPlaces(rows, memory, stretches, firsts(part, layer, rows, memory, attention)));
    }
    return places;
  }

  /// Those of a segment without memory, all of one document.
  static List<KeyPlaces> alone(int rows, int time) {
    return List.of(
        new KeyPlaces(
            IntStream.range(0, rows).toArray(),
            0,
            List.of(new Stretch(0, time, 0)),
            new int[time]));
  }

  /// How many of the last remembered tokens any query of the row may look at.
  private static int visible(SegmentMemory.Part part, int layer, int row) {
    long document = part.documents()[row * part.time()];
    int count = 0;
    while (count < part.length()) {
      long position = part.position(layer, row, part.length() - count - 1);
      if (position < 0 || position < document) {
        break;
      }
      count++;
    }
    return count;
  }

  /// How far before the segment the last `memory` tokens are. Those that nobody may look at count
  /// as if they followed each other.
  private static List<Long> distances(SegmentMemory.Part part, int layer, int row, int memory) {
    int visible = visible(part, layer, row);
    Long[] distances = new Long[memory];
    for (int back = 1; back <= memory; back++) {
      long own =
          back <= visible
              ? part.next(row) - part.position(layer, row, part.length() - back)
              : back == 1 ? 1 : distances[memory - back + 1] + 1;
      distances[memory - back] = own;
    }
    return List.of(distances);
  }

  private static List<Stretch> stretches(List<Long> distances, int time) {
    long[] base = new long[distances.size() + time]; // from the first query
    Arrays.setAll(
        base, key -> key < distances.size() ? distances.get(key) : distances.size() - key);
    List<Stretch> stretches = new ArrayList<>();
    int from = 0;
    for (int key = 1; key <= base.length; key++) {
      if (key == base.length || base[key] != base[key - 1] - 1) {
        stretches.add(new Stretch(from, key - from, base[from]));
        from = key;
      }
    }
    return stretches;
  }

  /// The first key of each query: of its own document, and where all queries reach equally far, no
  /// farther than that.
  private static int[] firsts(
      SegmentMemory.Part part,
      int layer,
      int[] rows,
      int memory,
      TransformerXlConfig.Reach attention) {
    int time = part.time();
    int[] firsts = new int[rows.length * time];
    boolean alike = true;
    for (int i = 0; i < firsts.length; i++) {
      int row = rows[i / time];
      int query = i % time;
      int first = query == 0 ? 0 : firsts[i - 1];
      while (first < memory + query
          && position(part, layer, row, memory, first) < part.documents()[row * time + query]) {
        first++;
      }
      int reach = attention.sameLength() ? memory + query - part.length() + 1 : 0;
      firsts[i] = Math.clamp(reach, first, memory + query);
      alike &= firsts[i] == firsts[query];
    }
    return alike ? Arrays.copyOf(firsts, time) : firsts;
  }

  /// The first keys of some rows, see the component.
  int[] firsts(long from, long count, long time) {
    return firsts.length == time
        ? firsts
        : Arrays.copyOfRange(firsts, (int) (from * time), (int) ((from + count) * time));
  }

  /// Where in its text a key is, negative for none.
  private static long position(SegmentMemory.Part part, int layer, int row, int memory, int key) {
    return key < memory
        ? part.position(layer, row, part.length() - memory + key)
        : part.next(row) + key - memory;
  }

  /// Bool, true where a query does not look, `[time, keys]` or `[rows, 1, time, keys]`.
  Tensor hidden(long time) {
    try (var scope = new TensorScope()) {
      long keys = memory + time;
      Tensor key = torch.arange(new Scalar(keys));
      Tensor own = torch.arange(new Scalar(memory), new Scalar(keys)).view(time, 1);
      Tensor first = Tensors.of(Arrays.stream(firsts).asLongStream().toArray(), firsts.length);
      Tensor from = firsts.length == time ? first.view(time, 1) : first.view(-1, 1, time, 1);
      return scope.keep(key.lt(from).logical_or(key.gt(own)));
    }
  }

  /// How many distances the scores of a stretch by position are made for.
  static int distances(Stretch stretch, int time) {
    long later = Math.max(0, stretch.count - 1 - stretch.base); // of which there are none
    return (int) Math.max(time + stretch.count - 1 - later, stretch.count + 1);
  }

  /// Sines and cosines of the distances of a stretch, the farthest first: `[distances, dim]`
  /// (Vaswani et al. 2017, section 3.5, with all sines before the cosines).
  static Tensor sinusoids(Stretch stretch, int time, int clampLength, int dim) {
    long farthest = time - 1 + stretch.base;
    double[] distances = new double[distances(stretch, time)];
    Arrays.setAll(
        distances,
        i -> {
          long distance = Math.max(0, farthest - i);
          return clampLength > 0 ? Math.min(distance, clampLength) : distance;
        });
    double[] frequencies = new double[dim / 2];
    Arrays.setAll(frequencies, i -> Math.pow(10000, -2.0 * i / dim));
    Tensor angles =
        Tensors.of(distances, distances.length, 1).mul(Tensors.of(frequencies, 1, dim / 2));
    return torch.cat(new TensorVector(angles.sin(), angles.cos()), 1);
  }

  /// By position, as `[heads, rows, time, distances]` -> by key, `[rows, heads, time, count]`: a
  /// view of the same numbers. Where a key is later than the query it has any of them.
  static Tensor byKey(Tensor scores, Stretch stretch) {
    long heads = scores.size(0);
    long rows = scores.size(1);
    long time = scores.size(2);
    long distances = scores.size(3);
    return scores.as_strided(
        new long[] {rows, heads, time, stretch.count},
        new long[] {time * distances, rows * time * distances, distances - 1, 1},
        new LongOptional(time - 1));
  }

  /// Whether the rows are all of `count`, in their order.
  boolean isAll(int count) {
    return rows.length == count;
  }
}
