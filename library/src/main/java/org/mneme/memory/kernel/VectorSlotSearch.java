package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

public final class VectorSlotSearch implements SlotSearch {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();

  private final SearchCandidates candidates = new SearchCandidates();
  private float[] maxima = new float[0];
  private float[] leftScores = new float[0];
  private int[] leftKeys = new int[0];
  private float[] rightScores = new float[0];
  private int[] rightKeys = new int[0];
  private int[] corners = new int[0];
  private int cells;

  @Override
  public void product(Task task, int from, int to) {
    reserve(task);
    int keys = task.keys();
    int k = task.k();
    int heads = task.heads();
    for (int head = 0; head < heads; head++) {
      int end = first(to, head, heads);
      for (int token = first(from, head, heads); token < end; token += BATCH) {
        int count = Math.min(BATCH, end - token);
        long row = 2L * head * task.tokens() + token;
        long rowBytes = (long) task.keys() * Float.BYTES;
        load(task.scores() + row * rowBytes, task.keys(), count, 0);
        load(task.scores() + (row + task.tokens()) * rowBytes, task.keys(), count, count);
        for (int i = 0; i < count; i++) {
          one(task, token + i, head, i, count);
        }
      }
    }
  }

  static final int BATCH = Integer.getInteger("batch", 8);
  private float[] rows = new float[0];
  private int stride;

  private void load(long address, int keys, int count, int to) {
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(
          NativeMemory.ALL,
          JAVA_FLOAT,
          address + (long) i * keys * Float.BYTES,
          rows,
          (to + i) * stride,
          keys);
      FloatVector.broadcast(FLOATS, Float.NaN).intoArray(rows, (to + i) * stride + keys);
    }
  }

  private static int first(int query, int head, int heads) {
    return (query - head + heads - 1) / heads;
  }

  private void one(Task task, int token, int head, int i, int count) {
    int keys = task.keys();
    int k = task.k();
    half(i * stride, keys, k, leftScores, leftKeys);
    half((i + count) * stride, keys, k, rightScores, rightKeys);
    scale(leftKeys, k, keys);
    pairs(k);
    float bound = corner();
    if (bound > Float.NEGATIVE_INFINITY) {
      candidates.keep(bound);
    } else {
      candidates.clean();
    }
    candidates.narrow(k, 2 * k + 32);
    candidates.sort(leftScores, leftKeys);
    write(task, token * task.heads() + head);
  }

  @Override
  public void flat(Task task, int from, int to) {
    reserve(task);
    int keys = task.keys();
    int k = task.k();
    for (int query = from; query < to; query++) {
      int token = query / task.heads();
      int head = query % task.heads();
      long row = (long) head * task.tokens() + token;
      load(task.scores() + row * keys * Float.BYTES, keys, 1, 0);
      half(0, keys, k, leftScores, leftKeys);
      write(task, query);
    }
  }

  private void reserve(Task task) {
    int k = task.k();
    cells = 0;
    for (int a = 1; a <= k; a++) {
      cells += k / a;
    }
    candidates.reserve(Math.max(task.keys(), cells));
    stride = task.keys() + LANES;
    rows = new float[2 * BATCH * stride + LANES];
    maxima = new float[2 * k + LANES];
    leftScores = new float[task.keys() + cells + 2 * LANES];
    leftKeys = new int[task.keys() + cells + 2 * LANES];
    rightScores = new float[task.keys() + cells + 2 * LANES];
    rightKeys = new int[task.keys() + cells + 2 * LANES];
    corners = new int[0];
    int last = -1;
    for (int a = 0; a < k; a++) {
      int b = (k + a) / (a + 1) - 1;
      if (b != last) {
        corners = java.util.Arrays.copyOf(corners, corners.length + 2);
        corners[corners.length - 2] = a;
        corners[corners.length - 1] = b;
        last = b;
      }
    }
  }

  private void half(int row, int keys, int k, float[] toScores, int[] toKeys) {
    int enough = 2 * k + 32;
    float bound = Float.NEGATIVE_INFINITY;
    if (keys > enough) {
      int end = (2 * k + LANES - 1) / LANES * LANES;
      SearchBounds.maxima(rows, row, row + keys, end, maxima);
      float low = SearchBounds.min(maxima, end);
      float high = SearchBounds.max(maxima, end);
      bound = SearchBounds.find(maxima, end, k, k + 4 + k / 8, low, high, SearchBounds.HALVINGS);
    }
    settle(row, keys, bound, k);
    candidates.sort(toScores, toKeys);
  }

  private void settle(int row, int keys, float bound, int k) {
    if (bound > Float.NEGATIVE_INFINITY) {
      candidates.numberAndKeep(rows, row, keys, bound);
    } else {
      candidates.copy(rows, row, keys);
      candidates.clean();
      candidates.number();
    }
    candidates.narrow(k, 2 * k + 32);
  }

  private static void scale(int[] slots, int k, int keys) {
    for (int i = 0; i < k; i += LANES) {
      IntVector.fromArray(INTS, slots, i).mul(keys).intoArray(slots, i);
    }
  }

  private void pairs(int k) {
    int offset = 0;
    for (int d = 0; (d + 1) * (d + 1) <= k; d++) {
      int end = k / (d + 1);
      segment(leftScores[d], leftKeys[d], rightScores, rightKeys, d, end, offset);
      offset += end - d;
      segment(rightScores[d], rightKeys[d], leftScores, leftKeys, d + 1, end, offset);
      offset += end - d - 1;
    }
    candidates.end(offset);
  }

  private void segment(
      float score, int slot, float[] scores, int[] slots, int from, int end, int offset) {
    int to = offset - from;
    for (int i = from; i < end; i += LANES) {
      FloatVector.fromArray(FLOATS, scores, i).add(score).intoArray(candidates.scores, to + i);
      IntVector.fromArray(INTS, slots, i).add(slot).intoArray(candidates.slots, to + i);
    }
  }

  private float corner() {
    float best = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < corners.length; i += 2) {
      float sum = leftScores[corners[i]] + rightScores[corners[i + 1]];
      best = sum > best ? sum : best;
    }
    return best;
  }

  private void write(Task task, int query) {
    long start = (long) query * task.k();
    MemorySegment.copy(
        leftKeys, 0, NativeMemory.ALL, JAVA_INT, task.slots() + start * Integer.BYTES, task.k());
    MemorySegment.copy(
        leftScores, 0, NativeMemory.ALL, JAVA_FLOAT, task.sums() + start * Float.BYTES, task.k());
  }
}
