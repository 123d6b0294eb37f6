package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class WhitenedQueriesTest {
  private static final int DIM = 16;
  private static final int TOKENS = 4000;

  /// Numbers that have nearly all in common: one direction varies several times as much as the
  /// others, around a mean far off.
  private static Tensor alike() {
    Randomness.seed(3);
    Tensor noise = Randomness.normal(0.2, TOKENS, DIM);
    Tensor common = Randomness.normal(1, TOKENS, 1).mm(Randomness.normal(1, 1, DIM));
    return noise.add(common).add(new Scalar(5.0));
  }

  private static SparseMemory memory(Parameters parameters, int layers) {
    SparseMemoryConfig config =
        TinyModel.memory(DIM)
            .with(memory -> {
              memory.queryLayers = layers;
              memory.queryNorm = QueryNorm.LAYER;
            });
    return (SparseMemory) MemoryLayer.create(config, parameters, "", 1, new SharedTables());
  }

  @Test
  void queriesAreCentredUncorrelatedAndOfOneVariance() {
    try (Parameters parameters = new Parameters();
        var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      Tensor x = alike();
      memory(parameters, 1).whitenQueries(x, 7);
      Tensor weight = parameters.get("query.weight"); // [channels, dim]
      Tensor queries = x.mm(weight.t()).add(parameters.get("query.bias"));
      for (double mean : Tensors.doubles(queries.mean(0))) {
        assertEquals(0, mean, 1e-2);
      }
      Tensor white = queries.t().mm(queries).div(new Scalar((double) TOKENS));
      // Directions of a random draw are what is left: W' W'^T of weights with variance 1 / dim.
      double trace = white.trace().item_double() / white.size(0);
      double first = x.mm(weight.t()).std().item_double();
      assertTrue(trace > 0.4 && trace < 1.6, "mean variance " + trace + ", " + first);
      double top = 0;
      for (double variance : Tensors.doubles(white.diagonal())) {
        top = Math.max(top, variance);
      }
      assertTrue(top < 8 * trace, "the largest variance is " + top + ", the mean " + trace);
    }
  }

  @Test
  void twoLayersAreRefused() {
    try (Parameters parameters = new Parameters();
        var scope = new TensorScope()) {
      SparseMemory memory = memory(parameters, 2);
      var e = assertThrows(InvalidInputException.class, () -> memory.whitenQueries(alike(), 7));
      assertTrue(String.valueOf(e.getMessage()).contains("take 1"), e.getMessage());
    }
  }
}
