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
/// Here is which rows belong together; the inner loops over the numbers of rows are those of
/// [VectorFloatRows], [VectorBrainRows] and [VectorBrainUpdates]. They call the Vector API itself,
/// without methods of our own between: those the compiler inlines only up to a number of nodes, and
/// beyond it vectors become objects (3 times slower).
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
          case FLOAT32 -> VectorFloatRows.addRows(out, dim, flight);
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
          case FLOAT32 -> VectorFloatRows.dotRows(vector, dim, flight);
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
      case FLOAT32 -> VectorFloatRows.dot1(vector, table.dim(), row);
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
        sum += VectorFloatRows.dot1(scratch.address(), dim, scratch.address());
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
        VectorFloatRows.adamRow(
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
        VectorFloatRows.add(v.load(row), dim, scratch.address(), -rate);
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
          VectorFloatRows.add(task.keyGradient(key), dim, query, flight.weights[i]);
        }
        flight.fill(count);
        VectorFloatRows.addRows(queryGradient, dim, flight);
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
      VectorFloatRows.add(sum, dim, groups.vectors()[i], groups.weights()[i]);
    }
  }

  private static void fill(long address, int dim) {
    ALL.asSlice(address, (long) dim * Float.BYTES).fill((byte) 0);
  }

  private static void set(long address, long index, float number) {
    ALL.set(JAVA_FLOAT, address + index * Float.BYTES, number);
  }
}
