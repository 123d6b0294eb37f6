package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GradientCheck;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.memory.TableGradients;
import org.mneme.model.BertConfig.Family;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// The gradients of a whole model, embeddings to head, against central differences in float64.
class EncoderGradientTest {
  private static final int DIM = 4;
  private static final double WORST = 1e-6;
  private static final SparseMemoryConfig PRODUCT_KEY =
      SparseMemoryConfig.defaults(DIM)
          .with(memory -> {
            memory.keys = new ProductKeys(3);
            memory.heads = 2;
            memory.slotsPerHead = 2;
            memory.queryDim = 4;
            memory.scoreActivation = new ScaledSoftmax(2);
          });

  static Stream<Arguments> models() {
    return Stream.of(
        Arguments.of(Family.BERT, Placement.BESIDE, ReadAt.ALL, PRODUCT_KEY),
        // the batch norm of three targets bends too much for differences
        Arguments.of(
            Family.ROBERTA,
            Placement.REPLACE,
            ReadAt.TARGETS,
            PRODUCT_KEY.with(memory -> memory.queryNorm = QueryNorm.LAYER)),
        Arguments.of(
            Family.BERT,
            Placement.BESIDE,
            ReadAt.TARGETS,
            PRODUCT_KEY.with(memory -> memory.queryNorm = QueryNorm.L2)),
        Arguments.of(Family.BERT, Placement.BESIDE, ReadAt.ALL, new DenseConfig(DIM, 3)),
        Arguments.of(
            Family.DISTILBERT,
            Placement.BESIDE,
            ReadAt.ALL,
            PRODUCT_KEY.with(memory -> memory.queryNorm = QueryNorm.LAYER)));
  }

  @ParameterizedTest
  @MethodSource("models")
  void matchCentralDifferences(
      Family family, Placement placement, ReadAt readAt, MemoryConfig memory) {
    var config =
        new BertConfig(
            family,
            7,
            DIM,
            2,
            2,
            3,
            Activation.GELU,
            7,
            family == Family.DISTILBERT ? 0 : 2,
            1e-5,
            1,
            0,
            0,
            family == Family.BERT,
            new MemoryPlacement(List.of(0, 1), placement, readAt, memory));
    try (var model = new MaskedLanguageModel(config, 4);
        var scope = new TensorScope()) {
      model.parameters().convert(torch.ScalarType.Double);
      GradientCheck.stir(model.parameters(), 0.4);
      Tensor ids = Tensors.of(new long[] {2, 5, 6, 3, 4, 3, 1, 1}, 2, 4);
      Tensor mask = Tensors.of(new long[] {1, 1, 1, 1, 1, 1, 0, 0}, 2, 4);
      Tensor types = Tensors.of(new long[] {0, 0, 1, 1, 0, 1, 0, 0}, 2, 4);
      Tensor targets = Tensors.of(new long[] {1, 2, 5}, 3);
      Tensor labels = Tensors.of(new long[] {6, 2, 0}, 3);
      TokenInput input = new TokenInput(ids, mask, types);
      double error =
          GradientCheck.worstError(
              model.parameters().trained(),
              () -> torch.cross_entropy_loss(model.logits(input, targets, true), labels),
              () -> TableGradients.materialize(model.encoder().tables()));
      assertTrue(error < WORST, "worst relative error " + error);
    }
  }
}
