package org.mneme.memory.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import org.mneme.memory.kernel.BrainFloat.Kind;
import org.mneme.memory.kernel.KeyGradient.Selected;

/// [RowKernels] in plain Java: the reference, and the choice where the Vector API is slow or
/// missing.
public record PlainRowKernels() implements RowKernels {
  private static final MemorySegment ALL = NativeMemory.ALL;

  @Override
  public void read(Rows table, Reads reads, long weights, long output, int from, int to) {
    float[] row = new float[table.dim()];
    float[] sum = new float[table.dim()];
    for (int token = from; token < to; token++) {
      java.util.Arrays.fill(sum, 0);
      long first = (long) token * reads.perToken();
      for (long read = first; read < first + reads.perToken(); read++) {
        load(table, reads.slot(read), row);
        add(sum, ALL.get(JAVA_FLOAT, weights + read * Float.BYTES), row);
      }
      store(sum, output + (long) token * table.dim() * Float.BYTES);
    }
  }

  @Override
  public void dot(Rows table, Reads reads, long vectors, long output, int from, int to) {
    float[] row = new float[table.dim()];
    float[] vector = new float[table.dim()];
    for (int token = from; token < to; token++) {
      load(vectors + (long) token * table.dim() * Float.BYTES, vector);
      long first = (long) token * reads.perToken();
      for (long read = first; read < first + reads.perToken(); read++) {
        load(table, reads.slot(read), row);
        ALL.set(JAVA_FLOAT, output + read * Float.BYTES, dot(row, vector));
      }
    }
  }

  private static float dot(float[] row, float[] vector) {
    float sum = 0;
    for (int i = 0; i < row.length; i++) {
      sum += row[i] * vector[i];
    }
    return sum;
  }

  @Override
  public double squaredNorm(RowGroups groups, int dim, int from, int to) {
    float[] gradient = new float[dim];
    float[] vector = new float[dim];
    double sum = 0;
    for (int group = from; group < to; group++) {
      gradient(groups, group, gradient, vector);
      for (float number : gradient) {
        sum += (double) number * number;
      }
    }
    return sum;
  }

  @Override
  public void adam(
      Rows values, Rows first, Rows second, RowGroups groups, AdamStep step, int from, int to) {
    float[] gradient = new float[values.dim()];
    float[] v = new float[values.dim()];
    float[] m = new float[values.dim()];
    float[] s = new float[values.dim()];
    for (int group = from; group < to; group++) {
      int row = groups.rows()[group];
      load(values, row, v);
      gradient(groups, group, gradient, m);
      products(groups, group, v, m);
      load(first, row, m);
      load(second, row, s);
      for (int i = 0; i < v.length; i++) {
        float g = gradient[i] * step.factor();
        m[i] += (g - m[i]) * step.new1();
        s[i] += (g * g - s[i]) * step.new2();
        v[i] -= step.stepSize() * (m[i] / ((float) Math.sqrt(s[i]) + step.epsilon()));
      }
      store(v, values, row, step.seed(), Kind.VALUE);
      store(m, first, row, step.seed(), Kind.FIRST_MOMENT);
      store(s, second, row, step.seed(), Kind.SECOND_MOMENT);
    }
  }

  @Override
  public void descend(Rows values, RowGroups groups, float rate, long seed, int from, int to) {
    float[] gradient = new float[values.dim()];
    float[] v = new float[values.dim()];
    float[] vector = new float[values.dim()];
    for (int group = from; group < to; group++) {
      load(values, groups.rows()[group], v);
      gradient(groups, group, gradient, vector);
      products(groups, group, v, vector);
      add(v, -rate, gradient);
      store(v, values, groups.rows()[group], seed, Kind.VALUE);
    }
  }

  @Override
  public void keyGradient(KeyGradient task) {
    Selected selected = new Selected(task);
    float[] query = new float[task.dim()];
    float[] queryGradient = new float[task.dim()];
    float[] row = new float[task.dim()];
    for (int token = 0; token < task.tokens(); token++) {
      selected.load(token);
      load(task.query(token), query);
      java.util.Arrays.fill(queryGradient, 0);
      for (int i = 0; i < selected.count; i++) {
        load(task.key(selected.keys[i]), row);
        add(queryGradient, selected.gradients[i], row);
        load(task.keyGradient(selected.keys[i]), row);
        add(row, selected.gradients[i], query);
        store(row, task.keyGradient(selected.keys[i]));
      }
      store(queryGradient, task.queryGradient(token));
    }
  }

  @Override
  public float stream(long address, long bytes) {
    float sum = 0;
    for (long i = 0; i < bytes; i += Float.BYTES) {
      sum += ALL.get(JAVA_FLOAT, address + i);
    }
    return sum;
  }

  /// The gradient of a group's row; `vector` is scratch memory.
  private static void gradient(RowGroups groups, int group, float[] gradient, float[] vector) {
    java.util.Arrays.fill(gradient, 0);
    for (int i = groups.starts()[group]; i < groups.starts()[group + 1]; i++) {
      load(groups.vectors()[i], vector);
      add(gradient, groups.weights()[i], vector);
    }
  }

  /// The products that the update of a group tells, if they are wanted; `vector` is scratch memory.
  private static void products(RowGroups groups, int group, float[] row, float[] vector) {
    if (groups.wantsProducts()) {
      for (int i = groups.starts()[group]; i < groups.starts()[group + 1]; i++) {
        load(groups.vectors()[i], vector);
        groups.product(i, dot(row, vector));
      }
    }
  }

  private static void add(float[] sum, float weight, float[] vector) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += weight * vector[i];
    }
  }

  private static void load(long address, float[] vector) {
    MemorySegment.copy(ALL, JAVA_FLOAT, address, vector, 0, vector.length);
  }

  private static void store(float[] vector, long address) {
    MemorySegment.copy(vector, 0, ALL, JAVA_FLOAT, address, vector.length);
  }

  private static void load(Rows table, int index, float[] row) {
    long address = table.row(index);
    switch (table.type()) {
      case FLOAT32 -> load(address, row);
      case BFLOAT16 -> {
        for (int i = 0; i < row.length; i++) {
          row[i] = BrainFloat.expand(ALL.get(JAVA_SHORT, address + (long) i * Short.BYTES));
        }
      }
    }
  }

  private static void store(float[] row, Rows table, int index, long seed, Kind kind) {
    long address = table.row(index);
    switch (table.type()) {
      case FLOAT32 -> store(row, address);
      case BFLOAT16 -> {
        int rowSeed = BrainFloat.rowSeed(seed, index);
        for (int i = 0; i < row.length; i++) {
          ALL.set(
              JAVA_SHORT,
              address + (long) i * Short.BYTES,
              BrainFloat.roundAtRandom(
                  row[i], BrainFloat.noise(BrainFloat.hash(rowSeed, i), kind)));
        }
      }
    }
  }
}
