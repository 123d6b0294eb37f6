package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.memory.RowAdam.MomentType;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Steps taken in the backward pass are those that would have been taken after it, rows to the bit,
/// weights' gradients but for rounding.
class UpdateInBackwardTest {
  private static final int SLOTS = 40;
  private static final double RATE = 0.02;

  private record Case(
      MemoryEngine engine,
      torch.ScalarType type,
      String name,
      Function<ValueTable, RowOptimizer> optimizer) {
    @Override
    public String toString() {
      return engine.name() + ", " + type + ", " + name;
    }
  }

  private static RowOptimizer adam(ValueTable table, MomentType moments) {
    return new RowAdam(table, new RowAdam.Settings(0.9, 0.999, 1e-8, moments));
  }

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (MemoryEngine engine : Engines.all()) {
      for (var type : List.of(torch.ScalarType.Float, torch.ScalarType.BFloat16)) {
        for (MomentType moments : MomentType.values()) {
          cases.add(new Case(engine, type, "Adam, " + moments, table -> adam(table, moments)));
        }
        cases.add(new Case(engine, type, "descent", RowDescent::new));
      }
    }
    cases.add(new Case(new TorchEngine(), torch.ScalarType.Double, "descent", RowDescent::new));
    return cases;
  }

  /// A table, its optimiser, and what steps left.
  private static final class Run implements AutoCloseable {
    final ValueTable table;
    final RowOptimizer optimizer;
    final List<double[]> results = new ArrayList<>();

    Run(Case which, int dim) {
      Tensor values = Engines.gaussian(new Random(dim), SLOTS, dim).to(which.type);
      table = new ValueTable(values.set_requires_grad(true), which.engine);
      optimizer = which.optimizer.apply(table);
    }

    Tensor read(Random random, Tensor weights, int reads) {
      Tensor slots = Engines.slots(random, SLOTS, weights.size(0), reads);
      return table.read(slots, weights);
    }

    void step(int seed, boolean inBackward) {
      Random random = new Random(seed);
      try (var scope = new TensorScope()) {
        int tokens = 9;
        int reads = 7; // some rows once, some often
        Tensor weights =
            Engines.gaussian(random, tokens, reads)
                .to(table.gradient().type())
                .set_requires_grad(true);
        Tensor output = read(random, weights, reads);
        Tensor gradient = Engines.gaussian(random, tokens, table.dim()).to(output.scalar_type());
        if (inBackward) {
          optimizer.stepInBackward(RATE);
        }
        output.backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
        assertEquals(inBackward, table.gradient().isApplied());
        optimizer.step(RATE);
        results.add(Tensors.doubles(weights.grad()));
        results.add(Tensors.doubles(table.values()));
        optimizer.state().values().forEach(state -> results.add(Tensors.doubles(state)));
        table.gradient().clear();
      }
    }

    @Override
    public void close() {
      optimizer.close();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void givesWhatAStepAfterwardsGives(Case which) {
    for (int dim : new int[] {1, 15, 16, 33, 100}) {
      try (var scope = new TensorScope();
          var now = new Run(which, dim);
          var later = new Run(which, dim)) {
        for (int step = 1; step <= 3; step++) {
          now.step(step, true);
          later.step(step, false);
        }
        assertEquals(3, now.optimizer.steps());
        for (int i = 0; i < later.results.size(); i++) {
          // a row of bfloat16 is updated two columns at a time: its products add up in that order
          boolean rounding = i % (later.results.size() / 3) == 0;
          assertArrayEquals(
              later.results.get(i),
              now.results.get(i),
              rounding ? 1e-5 : 0,
              "dim " + dim + ", " + i);
        }
      }
    }
  }

  /// Reads once, or twice before any backward pass.
  private static double[] afterBackwards(int reads, boolean inBackward) {
    try (var scope = new TensorScope();
        var run = new Run(cases().getFirst(), 24)) {
      Random random = new Random(3);
      Tensor sum = Tensors.zeros(torch.ScalarType.Float, 5, 24);
      for (int i = 0; i < reads; i++) {
        Tensor weights = Engines.gaussian(random, 5, 6).set_requires_grad(true);
        sum = sum.add(run.read(random, weights, 6));
      }
      if (inBackward) {
        run.optimizer.stepInBackward(RATE);
      }
      sum.square().sum().backward();
      assertEquals(inBackward && reads == 1, run.table.gradient().isApplied());
      run.optimizer.step(RATE);
      assertEquals(1, run.optimizer.steps());
      return Tensors.doubles(run.table.values());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void waitsForTheStepWhereSeveralReadsAdd(int reads) {
    assertArrayEquals(afterBackwards(reads, false), afterBackwards(reads, true));
  }

  @Test
  void refusesWhatItCannotUndo() {
    try (var scope = new TensorScope();
        var run = new Run(cases().getFirst(), 8)) {
      Random random = new Random(4);
      Tensor weights = Engines.gaussian(random, 5, 6).set_requires_grad(true);
      run.optimizer.stepInBackward(RATE);
      run.read(random, weights, 6).sum().backward();
      assertTrue(run.table.gradient().isApplied());
      assertThrows(IllegalStateException.class, () -> run.optimizer.step(RATE, 1.0));
      assertThrows(IllegalStateException.class, () -> run.optimizer.stepInBackward(RATE));
      Tensor slots = Engines.slots(random, SLOTS, 5, 6);
      Tensor vectors = Engines.gaussian(random, 5, 8);
      var e =
          assertThrows(
              IllegalStateException.class,
              () -> run.table.gradient().append(slots, weights, vectors));
      assertTrue(e.getMessage().contains("accumulate"), e.getMessage());
      run.table.gradient().clear();
      run.read(random, weights, 6).sum().backward();
      run.optimizer.step(RATE, 1.0);
      assertEquals(2, run.optimizer.steps());
    }
  }
}
