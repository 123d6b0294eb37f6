package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.mneme.memory.kernel.BrainFloat.Kind;
import org.mneme.memory.kernel.KeyGradient.Selected;

/// [RowKernels] with the Vector API.
///
/// Rows lie anywhere in a table that no cache holds. Java has no prefetch instruction; instead
/// several independent rows are in flight at once (measured: 5 GB/s row after row, 28 with eight).
/// The sum that they add to is short enough to stay in the first cache.
///
/// Inner loops call the Vector API itself, without methods of our own between: those the compiler
/// inlines only up to a number of nodes, and beyond it vectors become objects (3 times slower).
public record VectorRowKernels() implements RowKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;
  private static final int TOGETHER = 8; // rows in flight

  @Override
  public void read(Rows table, Reads reads, long weights, long output, int from, int to) {
    int dim = table.dim();
    for (int token = from; token < to; token++) {
      long out = output + (long) token * dim * Float.BYTES;
      fill(out, dim);
      long read = (long) token * reads.perToken();
      long end = read + reads.perToken();
      for (; read + TOGETHER <= end; read += TOGETHER) {
        addRows(table, reads, read, weights + read * Float.BYTES, out);
      }
      for (; read < end; read++) {
        addRow(table, reads.slot(read), number(weights, read), out);
      }
    }
  }

  private static void addRows(Rows table, Reads reads, long read, long w, long out) {
    long row0 = table.row(reads.slot(read));
    long row1 = table.row(reads.slot(read + 1));
    long row2 = table.row(reads.slot(read + 2));
    long row3 = table.row(reads.slot(read + 3));
    long row4 = table.row(reads.slot(read + 4));
    long row5 = table.row(reads.slot(read + 5));
    long row6 = table.row(reads.slot(read + 6));
    long row7 = table.row(reads.slot(read + 7));
    int dim = table.dim();
    switch (table.type()) {
      case FLOAT32 -> add8(out, dim, row0, row1, row2, row3, row4, row5, row6, row7, w);
      case BFLOAT16 ->
          VectorBrainRows.add8(out, dim, row0, row1, row2, row3, row4, row5, row6, row7, w);
    }
  }

  private static void addRow(Rows table, int slot, float weight, long out) {
    switch (table.type()) {
      case FLOAT32 -> add(out, table.dim(), table.row(slot), weight);
      case BFLOAT16 -> VectorBrainRows.add(out, table.dim(), table.row(slot), weight);
    }
  }

  @Override
  public void dot(Rows table, Reads reads, long vectors, long output, int from, int to) {
    int dim = table.dim();
    for (int token = from; token < to; token++) {
      long vector = vectors + (long) token * dim * Float.BYTES;
      long read = (long) token * reads.perToken();
      long end = read + reads.perToken();
      for (; read + 4 <= end; read += 4) {
        dotRows(table, reads, read, vector, output + read * Float.BYTES);
      }
      for (; read < end; read++) {
        set(output, read, dotRow(table, table.row(reads.slot(read)), vector));
      }
    }
  }

  private static void dotRows(Rows table, Reads reads, long read, long vector, long out) {
    long row0 = table.row(reads.slot(read));
    long row1 = table.row(reads.slot(read + 1));
    long row2 = table.row(reads.slot(read + 2));
    long row3 = table.row(reads.slot(read + 3));
    switch (table.type()) {
      case FLOAT32 -> dot4(vector, table.dim(), row0, row1, row2, row3, out);
      case BFLOAT16 -> VectorBrainRows.dot4(vector, table.dim(), row0, row1, row2, row3, out);
    }
  }

  private static float dotRow(Rows table, long row, long vector) {
    return switch (table.type()) {
      case FLOAT32 -> dot1(vector, table.dim(), row);
      case BFLOAT16 -> VectorBrainRows.dot1(vector, table.dim(), row);
    };
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
    boolean brains = values.isBrain() && first.isBrain() && second.isBrain();
    try (Scratch scratch = new Scratch(4 * dim)) {
      RowBuffer v = new RowBuffer(values, Kind.VALUE, scratch.row(1, dim));
      RowBuffer m = new RowBuffer(first, Kind.FIRST_MOMENT, scratch.row(2, dim));
      RowBuffer s = new RowBuffer(second, Kind.SECOND_MOMENT, scratch.row(3, dim));
      for (int group = from; group < to; group++) {
        int row = groups.rows()[group];
        int start = groups.starts()[group];
        long gradient = groups.vectors()[start];
        float factor = groups.weights()[start] * step.factor();
        boolean several = groups.starts()[group + 1] - start > 1;
        if (several) {
          products(groups, group, values);
          sumVectors(groups, group, scratch.address(), dim);
          gradient = scratch.address();
          factor = step.factor();
        }
        float product;
        if (brains) {
          int seed = BrainFloat.rowSeed(step.seed(), row);
          product =
              VectorBrainRows.adamRow(
                  values.row(row),
                  first.row(row),
                  second.row(row),
                  gradient,
                  factor,
                  dim,
                  step,
                  seed);
        } else {
          product = adamRow(v.load(row), m.load(row), s.load(row), gradient, factor, dim, step);
          v.store(row, step.seed());
          m.store(row, step.seed());
          s.store(row, step.seed());
        }
        if (!several && groups.wantsProducts()) {
          groups.product(start, product);
        }
      }
    }
  }

  /// Tells the products of a group's row with its vectors, if they are wanted.
  private static void products(RowGroups groups, int group, Rows values) {
    if (groups.wantsProducts()) {
      long row = values.row(groups.rows()[group]);
      for (int i = groups.starts()[group]; i < groups.starts()[group + 1]; i++) {
        groups.product(i, dotRow(values, row, groups.vectors()[i]));
      }
    }
  }

  @Override
  public void descend(Rows values, RowGroups groups, float rate, long seed, int from, int to) {
    int dim = values.dim();
    try (Scratch scratch = new Scratch(2 * dim)) {
      RowBuffer v = new RowBuffer(values, Kind.VALUE, scratch.row(1, dim));
      for (int group = from; group < to; group++) {
        int row = groups.rows()[group];
        products(groups, group, values);
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
      a = a.add(FloatVector.fromMemorySegment(FLOATS, ALL, i, ORDER));
      b = b.add(FloatVector.fromMemorySegment(FLOATS, ALL, i + step, ORDER));
      c = c.add(FloatVector.fromMemorySegment(FLOATS, ALL, i + 2 * step, ORDER));
      d = d.add(FloatVector.fromMemorySegment(FLOATS, ALL, i + 3 * step, ORDER));
    }
    return LaneSum.of(a.add(b).add(c.add(d)));
  }

  /// The sum of a group's weighted vectors, into `sum`.
  private static void sumVectors(RowGroups groups, int group, long sum, int dim) {
    fill(sum, dim);
    for (int i = groups.starts()[group]; i < groups.starts()[group + 1]; i++) {
      add(sum, dim, groups.vectors()[i], groups.weights()[i]);
    }
  }

  /// A step for one row; returns the product of the row, as it was before, with the gradient before
  /// `factor`.
  private static float adamRow(
      long v, long m, long s, long gradient, float factor, int dim, AdamStep step) {
    FloatVector product = FloatVector.zero(FLOATS);
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Float.BYTES;
      FloatVector g = FloatVector.fromMemorySegment(FLOATS, ALL, gradient + at, ORDER);
      FloatVector old = FloatVector.fromMemorySegment(FLOATS, ALL, v + at, ORDER);
      product = old.fma(g, product);
      g = g.mul(factor);
      FloatVector mean = FloatVector.fromMemorySegment(FLOATS, ALL, m + at, ORDER);
      mean = g.sub(mean).fma(FloatVector.broadcast(FLOATS, step.new1()), mean);
      FloatVector square = FloatVector.fromMemorySegment(FLOATS, ALL, s + at, ORDER);
      square = g.mul(g).sub(square).fma(FloatVector.broadcast(FLOATS, step.new2()), square);
      FloatVector change = mean.div(square.sqrt().add(step.epsilon()));
      FloatVector value = change.fma(FloatVector.broadcast(FLOATS, -step.stepSize()), old);
      mean.intoMemorySegment(ALL, m + at, ORDER);
      square.intoMemorySegment(ALL, s + at, ORDER);
      value.intoMemorySegment(ALL, v + at, ORDER);
    }
    float rest = dotTail(gradient, v, j, dim);
    for (; j < dim; j++) {
      float g = number(gradient, j) * factor;
      float mean = Math.fma(g - number(m, j), step.new1(), number(m, j));
      float square = Math.fma(g * g - number(s, j), step.new2(), number(s, j));
      set(m, j, mean);
      set(s, j, square);
      float change = mean / ((float) Math.sqrt(square) + step.epsilon());
      set(v, j, Math.fma(change, -step.stepSize(), number(v, j)));
    }
    return LaneSum.of(product) + rest;
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
      FloatVector sum = FloatVector.fromMemorySegment(FLOATS, ALL, out + at, ORDER);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row0 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w0), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row1 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w1), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row2 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w2), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row3 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w3), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row4 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w4), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row5 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w5), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row6 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w6), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row7 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w7), sum);
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
      FloatVector.fromMemorySegment(FLOATS, ALL, row + at, ORDER)
          .fma(w, FloatVector.fromMemorySegment(FLOATS, ALL, out + at, ORDER))
          .intoMemorySegment(ALL, out + at, ORDER);
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
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, vector + at, ORDER);
      sum0 = FloatVector.fromMemorySegment(FLOATS, ALL, row0 + at, ORDER).fma(x, sum0);
      sum1 = FloatVector.fromMemorySegment(FLOATS, ALL, row1 + at, ORDER).fma(x, sum1);
      sum2 = FloatVector.fromMemorySegment(FLOATS, ALL, row2 + at, ORDER).fma(x, sum2);
      sum3 = FloatVector.fromMemorySegment(FLOATS, ALL, row3 + at, ORDER).fma(x, sum3);
    }
    set(out, 0, LaneSum.of(sum0) + dotTail(vector, row0, j, dim));
    set(out, 1, LaneSum.of(sum1) + dotTail(vector, row1, j, dim));
    set(out, 2, LaneSum.of(sum2) + dotTail(vector, row2, j, dim));
    set(out, 3, LaneSum.of(sum3) + dotTail(vector, row3, j, dim));
  }

  private static float dot1(long vector, int dim, long row) {
    FloatVector sum = FloatVector.zero(FLOATS);
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Float.BYTES;
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row + at, ORDER)
              .fma(FloatVector.fromMemorySegment(FLOATS, ALL, vector + at, ORDER), sum);
    }
    return LaneSum.of(sum) + dotTail(vector, row, j, dim);
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

  private static float number(long address, long index) {
    return ALL.get(JAVA_FLOAT, address + index * Float.BYTES);
  }

  private static void set(long address, long index, float number) {
    ALL.set(JAVA_FLOAT, address + index * Float.BYTES, number);
  }
}
