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
/// several independent rows are in flight at once ([RowsInFlight]; row after row reads 5 GB/s). The
/// sum that they add to is short enough to stay in the first cache.
///
/// Inner loops call the Vector API itself, without methods of our own between: those the compiler
/// inlines only up to a number of nodes, and beyond it vectors become objects (3 times slower).
public record VectorRowKernels() implements RowKernels {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final MemorySegment ALL = NativeMemory.ALL;

  @Override
  public void read(Rows table, Reads reads, long weights, long output, int from, int to) {
    int dim = table.dim();
    RowsInFlight flight = new RowsInFlight();
    for (int token = from; token < to; token++) {
      long out = output + (long) token * dim * Float.BYTES;
      fill(out, dim);
      long read = (long) token * reads.perToken();
      long end = read + reads.perToken();
      while (read < end) {
        read += flight.load(table, reads, read, end, weights);
        switch (table.type()) {
          case FLOAT32 -> addRows(out, dim, flight);
          case BFLOAT16 -> VectorBrainRows.addRows(out, dim, flight);
        }
      }
    }
  }

  @Override
  public void dot(Rows table, Reads reads, long vectors, long output, int from, int to) {
    int dim = table.dim();
    RowsInFlight flight = new RowsInFlight();
    for (int token = from; token < to; token++) {
      long vector = vectors + (long) token * dim * Float.BYTES;
      long read = (long) token * reads.perToken();
      long end = read + reads.perToken();
      while (read < end) {
        int count = flight.load(table, reads, read, end);
        switch (table.type()) {
          case FLOAT32 -> dotRows(vector, dim, flight);
          case BFLOAT16 -> VectorBrainRows.dotRows(vector, dim, flight);
        }
        for (int i = 0; i < count; i++) {
          set(output, read++, flight.sums[i]);
        }
      }
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
        sumVectors(
            groups, groups.starts()[group], groups.starts()[group + 1], scratch.address(), dim);
        sum += dot1(scratch.address(), dim, scratch.address());
      }
      return sum;
    }
  }

  @Override
  public void adam(
      Rows values, Rows first, Rows second, RowGroups groups, AdamStep step, int from, int to) {
    if (values.isBrain() && first.isBrain() && second.isBrain()) {
      adamOfBrains(values, first, second, groups, step, from, to);
      return;
    }
    int dim = values.dim();
    try (Scratch scratch = new Scratch(4 * dim)) {
      RowBuffer v = new RowBuffer(values, Kind.VALUE, scratch.row(1, dim));
      RowBuffer m = new RowBuffer(first, Kind.FIRST_MOMENT, scratch.row(2, dim));
      RowBuffer s = new RowBuffer(second, Kind.SECOND_MOMENT, scratch.row(3, dim));
      float[] products = new float[2];
      for (int group = from; group < to; group++) {
        int row = groups.rows()[group];
        int start = groups.starts()[group];
        int reads = groups.starts()[group + 1] - start;
        // most rows have one or two reads; what the third and later ones add is summed up before
        long vector0 = groups.vectors()[start];
        float weight0 = groups.weights()[start] * step.factor();
        long vector1 = vector0;
        float weight1 = 0;
        if (reads == 2) {
          vector1 = groups.vectors()[start + 1];
          weight1 = groups.weights()[start + 1] * step.factor();
        } else if (reads > 2) {
          products(groups, start + 1, start + reads, values, row);
          sumVectors(groups, start + 1, start + reads, scratch.address(), dim);
          vector1 = scratch.address();
          weight1 = step.factor();
        }
        adamRow(
            v.load(row),
            m.load(row),
            s.load(row),
            vector0,
            weight0,
            vector1,
            weight1,
            dim,
            step,
            products);
        v.store(row, step.seed());
        m.store(row, step.seed());
        s.store(row, step.seed());
        if (groups.wantsProducts()) {
          groups.product(start, products[0]);
          if (reads == 2) {
            groups.product(start + 1, products[1]);
          }
        }
      }
    }
  }

  private static void adamOfBrains(
      Rows values, Rows first, Rows second, RowGroups groups, AdamStep step, int from, int to) {
    int dim = values.dim();
    try (Scratch scratch = new Scratch(dim)) {
      for (int group = from; group < to; group++) {
        int row = groups.rows()[group];
        int start = groups.starts()[group];
        int end = groups.starts()[group + 1];
        long gradient = groups.vectors()[start];
        float factor = groups.weights()[start] * step.factor();
        if (end - start > 1) {
          products(groups, start, end, values, row);
          sumVectors(groups, start, end, scratch.address(), dim);
          gradient = scratch.address();
          factor = step.factor();
        }
        float product =
            VectorBrainUpdates.adamRow(
                values.row(row),
                first.row(row),
                second.row(row),
                gradient,
                factor,
                dim,
                step,
                BrainFloat.rowSeed(step.seed(), row));
        if (end - start == 1 && groups.wantsProducts()) {
          groups.product(start, product);
        }
      }
    }
  }

  /// Tells the products of a row with the vectors of reads from `start` to `end`, if they are
  /// wanted.
  private static void products(RowGroups groups, int start, int end, Rows values, int row) {
    if (groups.wantsProducts()) {
      for (int i = start; i < end; i++) {
        groups.product(i, dotRow(values, values.row(row), groups.vectors()[i]));
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
        int start = groups.starts()[group];
        int end = groups.starts()[group + 1];
        products(groups, start, end, values, row);
        sumVectors(groups, start, end, scratch.address(), dim);
        add(v.load(row), dim, scratch.address(), -rate);
        v.store(row, seed);
      }
    }
  }

  @Override
  public void keyGradient(KeyGradient task) {
    Selected selected = new Selected(task);
    RowsInFlight flight = new RowsInFlight();
    int dim = task.dim();
    for (int token = 0; token < task.tokens(); token++) {
      selected.load(token);
      long query = task.query(token);
      long queryGradient = task.queryGradient(token);
      fill(queryGradient, dim);
      for (int first = 0; first < selected.count; first += RowsInFlight.COUNT) {
        int count = Math.min(RowsInFlight.COUNT, selected.count - first);
        for (int i = 0; i < count; i++) {
          int key = selected.keys[first + i];
          flight.rows[i] = task.key(key);
          flight.weights[i] = selected.gradients[first + i];
          add(task.keyGradient(key), dim, query, flight.weights[i]);
        }
        flight.fill(count);
        addRows(queryGradient, dim, flight);
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

  /// The sum of the weighted vectors of reads from `start` to `end`, into `sum`.
  private static void sumVectors(RowGroups groups, int start, int end, long sum, int dim) {
    fill(sum, dim);
    for (int i = start; i < end; i++) {
      add(sum, dim, groups.vectors()[i], groups.weights()[i]);
    }
  }

  /// A step for one row, whose gradient is the sum of two weighted vectors; `products` are those of
  /// the row, as it was before, with each vector.
  // many parameters on purpose, as this is the innermost loop
  @SuppressWarnings("TooManyParameters")
  private static void adamRow(
      long v,
      long m,
      long s,
      long vector0,
      float weight0,
      long vector1,
      float weight1,
      int dim,
      AdamStep step,
      float[] products) {
    FloatVector product0 = FloatVector.zero(FLOATS);
    FloatVector product1 = product0;
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Float.BYTES;
      FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, ALL, vector0 + at, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(FLOATS, ALL, vector1 + at, ORDER);
      FloatVector old = FloatVector.fromMemorySegment(FLOATS, ALL, v + at, ORDER);
      product0 = old.fma(x0, product0);
      product1 = old.fma(x1, product1);
      FloatVector g = x1.fma(FloatVector.broadcast(FLOATS, weight1), x0.mul(weight0));
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
    products[0] = LaneSum.of(product0) + dotTail(vector0, v, j, dim);
    products[1] = LaneSum.of(product1) + dotTail(vector1, v, j, dim);
    for (; j < dim; j++) {
      float g = Math.fma(number(vector1, j), weight1, number(vector0, j) * weight0);
      float mean = Math.fma(g - number(m, j), step.new1(), number(m, j));
      float square = Math.fma(g * g - number(s, j), step.new2(), number(s, j));
      set(m, j, mean);
      set(s, j, square);
      float change = mean / ((float) Math.sqrt(square) + step.epsilon());
      set(v, j, Math.fma(change, -step.stepSize(), number(v, j)));
    }
  }

  /// `out += sum of weights[i] * row i`
  // rows and weights in variables on purpose: arrays would be memory traffic in the inner loop
  private static void addRows(long out, int dim, RowsInFlight flight) {
    long row0 = flight.rows[0];
    long row1 = flight.rows[1];
    long row2 = flight.rows[2];
    long row3 = flight.rows[3];
    long row4 = flight.rows[4];
    long row5 = flight.rows[5];
    long row6 = flight.rows[6];
    long row7 = flight.rows[7];
    long row8 = flight.rows[8];
    long row9 = flight.rows[9];
    long row10 = flight.rows[10];
    long row11 = flight.rows[11];
    long row12 = flight.rows[12];
    long row13 = flight.rows[13];
    long row14 = flight.rows[14];
    long row15 = flight.rows[15];
    float w0 = flight.weights[0];
    float w1 = flight.weights[1];
    float w2 = flight.weights[2];
    float w3 = flight.weights[3];
    float w4 = flight.weights[4];
    float w5 = flight.weights[5];
    float w6 = flight.weights[6];
    float w7 = flight.weights[7];
    float w8 = flight.weights[8];
    float w9 = flight.weights[9];
    float w10 = flight.weights[10];
    float w11 = flight.weights[11];
    float w12 = flight.weights[12];
    float w13 = flight.weights[13];
    float w14 = flight.weights[14];
    float w15 = flight.weights[15];
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
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row8 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w8), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row9 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w9), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row10 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w10), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row11 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w11), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row12 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w12), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row13 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w13), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row14 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w14), sum);
      sum =
          FloatVector.fromMemorySegment(FLOATS, ALL, row15 + at, ORDER)
              .fma(FloatVector.broadcast(FLOATS, w15), sum);
      sum.intoMemorySegment(ALL, out + at, ORDER);
    }
    for (; j < dim; j++) {
      float sum = number(out, j);
      for (int i = 0; i < RowsInFlight.COUNT; i++) {
        sum = Math.fma(flight.weights[i], number(flight.rows[i], j), sum);
      }
      set(out, j, sum);
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

  /// The products of `vector` with the rows, into `flight.sums`.
  private static void dotRows(long vector, int dim, RowsInFlight flight) {
    long row0 = flight.rows[0];
    long row1 = flight.rows[1];
    long row2 = flight.rows[2];
    long row3 = flight.rows[3];
    long row4 = flight.rows[4];
    long row5 = flight.rows[5];
    long row6 = flight.rows[6];
    long row7 = flight.rows[7];
    long row8 = flight.rows[8];
    long row9 = flight.rows[9];
    long row10 = flight.rows[10];
    long row11 = flight.rows[11];
    long row12 = flight.rows[12];
    long row13 = flight.rows[13];
    long row14 = flight.rows[14];
    long row15 = flight.rows[15];
    FloatVector sum0 = FloatVector.zero(FLOATS);
    FloatVector sum1 = FloatVector.zero(FLOATS);
    FloatVector sum2 = FloatVector.zero(FLOATS);
    FloatVector sum3 = FloatVector.zero(FLOATS);
    FloatVector sum4 = FloatVector.zero(FLOATS);
    FloatVector sum5 = FloatVector.zero(FLOATS);
    FloatVector sum6 = FloatVector.zero(FLOATS);
    FloatVector sum7 = FloatVector.zero(FLOATS);
    FloatVector sum8 = FloatVector.zero(FLOATS);
    FloatVector sum9 = FloatVector.zero(FLOATS);
    FloatVector sum10 = FloatVector.zero(FLOATS);
    FloatVector sum11 = FloatVector.zero(FLOATS);
    FloatVector sum12 = FloatVector.zero(FLOATS);
    FloatVector sum13 = FloatVector.zero(FLOATS);
    FloatVector sum14 = FloatVector.zero(FLOATS);
    FloatVector sum15 = FloatVector.zero(FLOATS);
    int j = 0;
    for (; j + LANES <= dim; j += LANES) {
      long at = (long) j * Float.BYTES;
      FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, vector + at, ORDER);
      sum0 = FloatVector.fromMemorySegment(FLOATS, ALL, row0 + at, ORDER).fma(x, sum0);
      sum1 = FloatVector.fromMemorySegment(FLOATS, ALL, row1 + at, ORDER).fma(x, sum1);
      sum2 = FloatVector.fromMemorySegment(FLOATS, ALL, row2 + at, ORDER).fma(x, sum2);
      sum3 = FloatVector.fromMemorySegment(FLOATS, ALL, row3 + at, ORDER).fma(x, sum3);
      sum4 = FloatVector.fromMemorySegment(FLOATS, ALL, row4 + at, ORDER).fma(x, sum4);
      sum5 = FloatVector.fromMemorySegment(FLOATS, ALL, row5 + at, ORDER).fma(x, sum5);
      sum6 = FloatVector.fromMemorySegment(FLOATS, ALL, row6 + at, ORDER).fma(x, sum6);
      sum7 = FloatVector.fromMemorySegment(FLOATS, ALL, row7 + at, ORDER).fma(x, sum7);
      sum8 = FloatVector.fromMemorySegment(FLOATS, ALL, row8 + at, ORDER).fma(x, sum8);
      sum9 = FloatVector.fromMemorySegment(FLOATS, ALL, row9 + at, ORDER).fma(x, sum9);
      sum10 = FloatVector.fromMemorySegment(FLOATS, ALL, row10 + at, ORDER).fma(x, sum10);
      sum11 = FloatVector.fromMemorySegment(FLOATS, ALL, row11 + at, ORDER).fma(x, sum11);
      sum12 = FloatVector.fromMemorySegment(FLOATS, ALL, row12 + at, ORDER).fma(x, sum12);
      sum13 = FloatVector.fromMemorySegment(FLOATS, ALL, row13 + at, ORDER).fma(x, sum13);
      sum14 = FloatVector.fromMemorySegment(FLOATS, ALL, row14 + at, ORDER).fma(x, sum14);
      sum15 = FloatVector.fromMemorySegment(FLOATS, ALL, row15 + at, ORDER).fma(x, sum15);
    }
    flight.sums[0] = LaneSum.of(sum0) + dotTail(vector, row0, j, dim);
    flight.sums[1] = LaneSum.of(sum1) + dotTail(vector, row1, j, dim);
    flight.sums[2] = LaneSum.of(sum2) + dotTail(vector, row2, j, dim);
    flight.sums[3] = LaneSum.of(sum3) + dotTail(vector, row3, j, dim);
    flight.sums[4] = LaneSum.of(sum4) + dotTail(vector, row4, j, dim);
    flight.sums[5] = LaneSum.of(sum5) + dotTail(vector, row5, j, dim);
    flight.sums[6] = LaneSum.of(sum6) + dotTail(vector, row6, j, dim);
    flight.sums[7] = LaneSum.of(sum7) + dotTail(vector, row7, j, dim);
    flight.sums[8] = LaneSum.of(sum8) + dotTail(vector, row8, j, dim);
    flight.sums[9] = LaneSum.of(sum9) + dotTail(vector, row9, j, dim);
    flight.sums[10] = LaneSum.of(sum10) + dotTail(vector, row10, j, dim);
    flight.sums[11] = LaneSum.of(sum11) + dotTail(vector, row11, j, dim);
    flight.sums[12] = LaneSum.of(sum12) + dotTail(vector, row12, j, dim);
    flight.sums[13] = LaneSum.of(sum13) + dotTail(vector, row13, j, dim);
    flight.sums[14] = LaneSum.of(sum14) + dotTail(vector, row14, j, dim);
    flight.sums[15] = LaneSum.of(sum15) + dotTail(vector, row15, j, dim);
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
