package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.mneme.memory.kernel.KeyGradient.Selected;

/// [RowKernels] with the Vector API.
///
/// Rows lie anywhere in a table that no cache holds. Java has no prefetch instruction; instead
/// several independent rows are in flight at once (measured: 5 GB/s row after row, 28 with eight).
/// The sum that they add to is short enough to stay in the first cache.
public record VectorRowKernels() implements RowKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;
  private static final int TOGETHER = 8; // rows in flight

  @Override
  public void read(Rows table, Reads reads, long weights, long output, int from, int to) {
    if (table.type() == Rows.Type.BFLOAT16) {
      VectorBrainRows.read(table, reads, weights, output, from, to);
      return;
    }
    int dim = table.dim();
    int perToken = reads.perToken();
    for (int token = from; token < to; token++) {
      long out = output + (long) token * dim * Float.BYTES;
      long first = (long) token * perToken;
      fill(out, dim);
      int r = 0;
      for (; r + TOGETHER <= perToken; r += TOGETHER) {
        long read = first + r;
        long w = weights + read * Float.BYTES;
        add8(
            out,
            dim,
            table.row(reads.slot(read)),
            table.row(reads.slot(read + 1)),
            table.row(reads.slot(read + 2)),
            table.row(reads.slot(read + 3)),
            table.row(reads.slot(read + 4)),
            table.row(reads.slot(read + 5)),
            table.row(reads.slot(read + 6)),
            table.row(reads.slot(read + 7)),
            w);
      }
      for (; r < perToken; r++) {
        add(out, dim, table.row(reads.slot(first + r)), number(weights, first + r));
      }
    }
  }

  @Override
  public void dot(Rows table, Reads reads, long vectors, long output, int from, int to) {
    if (table.type() == Rows.Type.BFLOAT16) {
      VectorBrainRows.dot(table, reads, vectors, output, from, to);
      return;
    }
    int dim = table.dim();
    int perToken = reads.perToken();
    for (int token = from; token < to; token++) {
      long vector = vectors + (long) token * dim * Float.BYTES;
      long first = (long) token * perToken;
      int r = 0;
      for (; r + 4 <= perToken; r += 4) {
        long read = first + r;
        dot4(
            vector,
            dim,
            table.row(reads.slot(read)),
            table.row(reads.slot(read + 1)),
            table.row(reads.slot(read + 2)),
            table.row(reads.slot(read + 3)),
            output + read * Float.BYTES);
      }
      for (; r < perToken; r++) {
        set(output, first + r, dot1(vector, dim, table.row(reads.slot(first + r))));
      }
    }
  }

  @Override
  public double squaredNorm(RowGroups groups, int dim, int from, int to) {
    try (Scratch scratch = new Scratch(dim)) {
      double sum = 0;
      for (int group = from; group < to; group++) {
        sumVectors(groups, group, scratch.address(), dim);
        sum += dot1(scratch.address(), dim, scratch.address());
      }
      return sum;
    }
  }

  @Override
  public void adam(
      Rows values, Rows first, Rows second, RowGroups groups, AdamStep step, int from, int to) {
    int dim = values.dim();
    try (Scratch scratch = new Scratch(4 * dim)) {
      RowBuffer v = new RowBuffer(values, scratch.address() + (long) dim * Float.BYTES);
      RowBuffer m = new RowBuffer(first, scratch.address() + 2L * dim * Float.BYTES);
      RowBuffer s = new RowBuffer(second, scratch.address() + 3L * dim * Float.BYTES);
      for (int group = from; group < to; group++) {
        int row = groups.rows()[group];
        int start = groups.starts()[group];
        long gradient = groups.vectors()[start];
        float factor = groups.weights()[start] * step.factor();
        if (groups.starts()[group + 1] - start > 1) {
          sumVectors(groups, group, scratch.address(), dim);
          gradient = scratch.address();
          factor = step.factor();
        }
        adamRow(v.load(row), m.load(row), s.load(row), gradient, factor, dim, step);
        v.store(row, step.seed());
        m.store(row, step.seed() + 1);
        s.store(row, step.seed() + 2);
      }
    }
  }

  @Override
  public void descend(Rows values, RowGroups groups, float rate, long seed, int from, int to) {
    int dim = values.dim();
    try (Scratch scratch = new Scratch(2 * dim)) {
      RowBuffer v = new RowBuffer(values, scratch.address() + (long) dim * Float.BYTES);
      for (int group = from; group < to; group++) {
        int row = groups.rows()[group];
        sumVectors(groups, group, scratch.address(), dim);
        add(v.load(row), dim, scratch.address(), -rate);
        v.store(row, seed);
      }
    }
  }

  @Override
  public void keyGradient(KeyGradient task) {
    Selected selected = new Selected(task);
    int dim = task.dim();
    for (int token = 0; token < task.tokens(); token++) {
      selected.load(token);
      long query = task.query(token);
      long queryGradient = task.queryGradient(token);
      fill(queryGradient, dim);
      for (int i = 0; i < selected.count; i++) {
        add(queryGradient, dim, task.key(selected.keys[i]), selected.gradients[i]);
        add(task.keyGradient(selected.keys[i]), dim, query, selected.gradients[i]);
      }
    }
  }

  @Override
  public float stream(long address, long bytes) {
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    long step = (long) LANES * Float.BYTES;
    long i = address;
    for (; i + 4 * step <= address + bytes; i += 4 * step) {
      a = a.add(vector(i));
      b = b.add(vector(i + step));
      c = c.add(vector(i + 2 * step));
      d = d.add(vector(i + 3 * step));
    }
    return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
  }

  /// The sum of a group's weighted vectors, into `sum`.
  private static void sumVectors(RowGroups groups, int group, long sum, int dim) {
    fill(sum, dim);
    for (int i = groups.starts()[group]; i < groups.starts()[group + 1]; i++) {
      add(sum, dim, groups.vectors()[i], groups.weights()[i]);
    }
  }

  private static void adamRow(
      long v, long m, long s, long gradient, float factor, int dim, AdamStep step) {
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Float.BYTES;
      FloatVector g = vector(gradient + at).mul(factor);
      FloatVector mean = vector(m + at);
      mean = g.sub(mean).fma(FloatVector.broadcast(FLOATS, step.new1()), mean);
      FloatVector square = vector(s + at);
      square = g.mul(g).sub(square).fma(FloatVector.broadcast(FLOATS, step.new2()), square);
      FloatVector change = mean.div(square.sqrt().add(step.epsilon()));
      FloatVector value =
          change.fma(FloatVector.broadcast(FLOATS, -step.stepSize()), vector(v + at));
      mean.intoMemorySegment(ALL, m + at, ORDER);
      square.intoMemorySegment(ALL, s + at, ORDER);
      value.intoMemorySegment(ALL, v + at, ORDER);
    }
    for (; j < dim; j++) {
      float g = number(gradient, j) * factor;
      float mean = Math.fma(g - number(m, j), step.new1(), number(m, j));
      float square = Math.fma(g * g - number(s, j), step.new2(), number(s, j));
      set(m, j, mean);
      set(s, j, square);
      float change = mean / ((float) Math.sqrt(square) + step.epsilon());
      set(v, j, Math.fma(change, -step.stepSize(), number(v, j)));
    }
  }

  /// `out += sum of w[i] * row i`, the weights one after another at address `w`.
  // many parameters on purpose: an array of rows would be memory traffic in the inner loop
  @SuppressWarnings("TooManyParameters")
  private static void add8(
      long out,
      int dim,
      long row0,
      long row1,
      long row2,
      long row3,
      long row4,
      long row5,
      long row6,
      long row7,
      long w) {
    float w0 = number(w, 0);
    float w1 = number(w, 1);
    float w2 = number(w, 2);
    float w3 = number(w, 3);
    float w4 = number(w, 4);
    float w5 = number(w, 5);
    float w6 = number(w, 6);
    float w7 = number(w, 7);
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Float.BYTES;
      FloatVector sum = vector(out + at);
      sum = vector(row0 + at).fma(FloatVector.broadcast(FLOATS, w0), sum);
      sum = vector(row1 + at).fma(FloatVector.broadcast(FLOATS, w1), sum);
      sum = vector(row2 + at).fma(FloatVector.broadcast(FLOATS, w2), sum);
      sum = vector(row3 + at).fma(FloatVector.broadcast(FLOATS, w3), sum);
      sum = vector(row4 + at).fma(FloatVector.broadcast(FLOATS, w4), sum);
      sum = vector(row5 + at).fma(FloatVector.broadcast(FLOATS, w5), sum);
      sum = vector(row6 + at).fma(FloatVector.broadcast(FLOATS, w6), sum);
      sum = vector(row7 + at).fma(FloatVector.broadcast(FLOATS, w7), sum);
      sum.intoMemorySegment(ALL, out + at, ORDER);
    }
    for (; j < dim; j++) {
      float sum = Math.fma(w0, number(row0, j), number(out, j));
      sum = Math.fma(w1, number(row1, j), sum);
      sum = Math.fma(w2, number(row2, j), sum);
      sum = Math.fma(w3, number(row3, j), sum);
      sum = Math.fma(w4, number(row4, j), sum);
      sum = Math.fma(w5, number(row5, j), sum);
      sum = Math.fma(w6, number(row6, j), sum);
      set(out, j, Math.fma(w7, number(row7, j), sum));
    }
  }

  /// `out += weight * row`
  private static void add(long out, int dim, long row, float weight) {
    FloatVector w = FloatVector.broadcast(FLOATS, weight);
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Float.BYTES;
      vector(row + at).fma(w, vector(out + at)).intoMemorySegment(ALL, out + at, ORDER);
    }
    for (; j < dim; j++) {
      set(out, j, Math.fma(weight, number(row, j), number(out, j)));
    }
  }

  /// The products of `vector` with four rows, into four numbers at `out`.
  private static void dot4(
      long vector, int dim, long row0, long row1, long row2, long row3, long out) {
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Float.BYTES;
      FloatVector x = vector(vector + at);
      sum0 = vector(row0 + at).fma(x, sum0);
      sum1 = vector(row1 + at).fma(x, sum1);
      sum2 = vector(row2 + at).fma(x, sum2);
      sum3 = vector(row3 + at).fma(x, sum3);
    }
    set(out, 0, sum0.reduceLanes(VectorOperators.ADD) + dotTail(vector, row0, j, dim));
    set(out, 1, sum1.reduceLanes(VectorOperators.ADD) + dotTail(vector, row1, j, dim));
    set(out, 2, sum2.reduceLanes(VectorOperators.ADD) + dotTail(vector, row2, j, dim));
    set(out, 3, sum3.reduceLanes(VectorOperators.ADD) + dotTail(vector, row3, j, dim));
  }

  private static float dot1(long vector, int dim, long row) {
    FloatVector sum = FloatVector.zero(FLOATS);
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Float.BYTES;
      sum = vector(row + at).fma(vector(vector + at), sum);
    }
    return sum.reduceLanes(VectorOperators.ADD) + dotTail(vector, row, j, dim);
  }

  private static float dotTail(long vector, long row, int from, int dim) {
    float sum = 0;
    for (int j = from; j < dim; j++) {
      sum = Math.fma(number(row, j), number(vector, j), sum);
    }
    return sum;
  }

  private static void fill(long address, int dim) {
    ALL.asSlice(address, (long) dim * Float.BYTES).fill((byte) 0);
  }

  private static FloatVector vector(long address) {
    return FloatVector.fromMemorySegment(FLOATS, ALL, address, ORDER);
  }

  private static float number(long address, long index) {
    return ALL.get(JAVA_FLOAT, address + index * Float.BYTES);
  }

  private static void set(long address, long index, float number) {
    ALL.set(JAVA_FLOAT, address + index * Float.BYTES, number);
  }
}
