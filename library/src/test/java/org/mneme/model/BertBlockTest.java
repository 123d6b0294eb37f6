package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.TinyModel;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.SharedTables;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Rows;
import org.mneme.model.BertBlock.Positions;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Who reads a block's memory, and what of the block is spared where only some positions are
/// wanted.
class BertBlockTest {
  private static final int DIM = 16;
  private static final int TIME = 5;
  private static final long[] MASK = {1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0};
  private static final long[] TARGETS = {1, 4, 6, 12};
  private static final Parameters PARAMETERS = new Parameters();
  private static final BertBlock PLAIN = block("plain", null);
  private static final BertBlock ALL = block("all", memory(Placement.BESIDE, ReadAt.ALL));
  private static final BertBlock AT_TARGETS =
      block("targets", memory(Placement.BESIDE, ReadAt.TARGETS));
  private static final BertBlock REPLACED =
      block("replaced", memory(Placement.REPLACE, ReadAt.TARGETS));

  @AfterAll
  static void close() {
    PARAMETERS.close();
  }

  /// Values that are not zero, queries that do not look at each other.
  private static MemoryPlacement memory(Placement placement, ReadAt readAt) {
    SparseMemoryConfig layer =
        TinyModel.memory(DIM)
            .with(memory -> {
              memory.queryNorm = QueryNorm.LAYER;
              memory.values = new Rows(ValueInit.NORMAL);
            });
    return new MemoryPlacement(List.of(0), placement, readAt, layer);
  }

  /// Blocks with the same weights, memories too, as far as they have them.
  private static BertBlock block(String name, @Nullable MemoryPlacement placement) {
    BertConfig config = TinyModel.config().withMemory(placement);
    try (var scope = new TensorScope();
        var own = new Parameters()) {
      Randomness.seed(5);
      BertBlock block = new BertBlock(config, PARAMETERS, name + ".", 0, 6, new SharedTables());
      if (placement != null) { // the memory's draws depend on its name
        BertBlock first = new BertBlock(config, own, "", 0, 6, new SharedTables());
        for (String tensor : own.all().keySet()) {
          if (tensor.startsWith("memory.")) {
            Tensor unused =
                PARAMETERS.get(name + "." + tensor).detach().copy_(own.get(tensor).detach());
          }
        }
        assertFalse(first.memory() == null);
      }
      return block;
    }
  }

  private static float[] run(BertBlock block, boolean padded, boolean targets, boolean only) {
    try (var scope = new TensorScope()) {
      Random random = new Random(3);
      float[] numbers = new float[MASK.length * DIM];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (float) random.nextGaussian();
      }
      Tensor x = Tensors.of(numbers, MASK.length, DIM);
      int batch = MASK.length / TIME;
      Tensor mask = Tensors.of(MASK, MASK.length).to(torch.ScalarType.Bool);
      var at =
          new Positions(
              batch,
              TIME,
              padded ? mask.view(batch, 1, 1, TIME) : null,
              padded ? mask.nonzero().view(-1) : null,
              targets ? Tensors.of(TARGETS, TARGETS.length) : null);
      return Tensors.floats(block.apply(x, at, only, false));
    }
  }

  private static float[] row(float[] rows, long index) {
    return Arrays.copyOfRange(rows, (int) index * DIM, (int) (index + 1) * DIM);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void readAtTargetsAddsTheMemoryAtTargetsAlone(boolean padded) {
    float[] plain = run(PLAIN, padded, true, false);
    float[] all = run(ALL, padded, true, false);
    float[] atTargets = run(AT_TARGETS, padded, true, false);
    for (int i = 0; i < MASK.length; i++) {
      boolean target = Arrays.binarySearch(TARGETS, i) >= 0;
      assertArrayEquals(row(target ? all : plain, i), row(atTargets, i), 1e-6f, "row " + i);
      boolean reads = !padded || MASK[i] == 1;
      assertFalse(reads == Arrays.equals(row(plain, i), row(all, i)), "row " + i + " of all");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void withoutTargetsEveryRealTokenReads(boolean padded) {
    assertArrayEquals(run(ALL, padded, false, false), run(AT_TARGETS, padded, false, false));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void targetsAreTheRowsOfTheWhole(boolean padded) {
    for (BertBlock block : List.of(PLAIN, ALL, AT_TARGETS, REPLACED)) {
      float[] whole = run(block, padded, true, false);
      float[] only = run(block, padded, true, true);
      for (int i = 0; i < TARGETS.length; i++) {
        assertArrayEquals(row(whole, TARGETS[i]), row(only, i), 1e-6f);
      }
    }
  }

  @Test
  void withoutTargetsNothingIsSelected() {
    assertArrayEquals(run(ALL, true, false, false), run(ALL, true, false, true));
  }
}
