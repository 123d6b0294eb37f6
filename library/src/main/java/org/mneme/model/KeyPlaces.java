package org.mneme.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.tensor.JavaOperation;
import org.mneme.tensor.Tensors;

/// Where the keys of a block are, seen from its queries: for rows of a batch whose keys are at the
/// same distances. Keys are those of `memory` remembered tokens and of the segment's own.
///
/// @param rows of the batch
/// @param memory remembered tokens, the last ones
/// @param stretches of keys that follow each other in the text, all keys together
/// @param hidden bool, true where a query must not look, `[time, keys]` or `[rows, 1, time, keys]`
record KeyPlaces(int[] rows, int memory, List<Stretch> stretches, Tensor hidden) {
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
      Tensor later = later(part.time(), memory, part.length(), attention.sameLength());
      Tensor foreign = foreign(part, layer, rows, memory);
      Tensor hidden = foreign == null ? later : foreign.logical_or(later);
      places.add(new KeyPlaces(rows, memory, stretches, hidden));
    }
    return places;
  }

  /// The same for a backward pass.
  KeyPlaces saved() {
    return new KeyPlaces(rows, memory, stretches, JavaOperation.saved(hidden));
  }

  /// Those of a segment without memory, all of one document.
  static List<KeyPlaces> alone(int rows, int time) {
    return List.of(
        new KeyPlaces(
            IntStream.range(0, rows).toArray(),
            0,
            List.of(new Stretch(0, time, 0)),
            later(time, 0, 0, false)));
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

  /// True where a key is later than the query, or beyond the reach that all queries have alike.
  private static Tensor later(int time, int memory, int length, boolean sameLength) {
    Tensor all =
        torch.ones(
            new long[] {time, (long) memory + time}, new TensorOptions(torch.ScalarType.Bool));
    Tensor later = all.triu(memory + 1);
    return sameLength ? later.logical_or(all.tril((long) memory - length)) : later;
  }

  /// True where a key is of another document than the query, or of none; null where none is.
  private static @Nullable Tensor foreign(
      SegmentMemory.Part part, int layer, int[] rows, int memory) {
    int time = part.time();
    long[] keys = new long[rows.length * (memory + time)];
    long[] documents = new long[rows.length * time];
    boolean any = false;
    for (int i = 0; i < rows.length; i++) {
      int row = rows[i];
      long first = Long.MAX_VALUE;
      for (int key = 0; key < memory + time; key++) {
        long position =
            key < memory
                ? part.position(layer, row, part.length() - memory + key)
                : part.next(row) + key - memory;
        keys[i * (memory + time) + key] = position;
        first = Math.min(first, position);
      }
      System.arraycopy(part.documents(), row * time, documents, i * time, time);
      any |= first < documents[(i + 1) * time - 1];
    }
    return any
        ? Tensors.of(keys, rows.length, 1, 1, (long) memory + time)
            .lt(Tensors.of(documents, rows.length, 1, time, 1))
        : null;
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
