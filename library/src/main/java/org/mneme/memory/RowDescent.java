package org.mneme.memory;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/// Plain gradient descent on the rows that have a gradient: keeps nothing, and so moves a row by
/// what was learnt now and nothing else. What sparse memory finetuning uses (2510.15103).
public final class RowDescent implements RowOptimizer {
  private final ValueTable table;
  private long steps;

  /// An optimiser of `table`, which stays its owner's.
  public RowDescent(ValueTable table) {
    this.table = table;
  }

  @Override
  public ValueTable table() {
    return table;
  }

  @Override
  public long steps() {
    return steps;
  }

  @Override
  public void step(MemoryEngine.Grouped gradient, double learningRate, double factor) {
    steps++;
    table
        .engine()
        .descend(table.values().detach(), gradient, (float) (learningRate * factor), steps);
  }

  @Override
  public void forget(int[] rows) {
    // nothing is kept
  }

  @Override
  public Map<String, Tensor> state() {
    return Map.of();
  }

  @Override
  public void restore(long steps, Map<String, Tensor> state) {
    this.steps = steps;
  }

  @Override
  public void close() {
    // nothing is kept
  }
}
