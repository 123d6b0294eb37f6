package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;
import org.mneme.tensor.LargeMemory;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class TableStorageTest {
  private static final int SLOTS = 40;
  private static final int DIM = 6;

  @Test
  void tablesAreInMemoryUnlessAFolderIsNamed() {
    assertEquals(new TableStorage.InMemory(), TableStorage.chosen());
  }

  @Test
  void aTableInAFileLearnsTheSameBits(@TempDir Path folder) throws IOException {
    assertArrayEquals(
        trained(new TableStorage.InMemory()), trained(new TableStorage.InFiles(folder)));
    try (var files = Files.list(folder)) {
      assertEquals(0, files.count(), "files without a name");
    }
  }

  private static float[] trained(TableStorage storage) {
    try (var scope = new TensorScope();
        LargeMemory memory = storage.allocate((long) SLOTS * DIM * Float.BYTES)) {
      var values = memory.tensor(torch.ScalarType.Float, SLOTS, DIM);
      ValueTable table = new ValueTable(values, MemoryEngine.chosen(), storage);
      try (RowOptimizer adam = new RowAdam(table, RowAdam.Settings.USUAL)) {
        for (int step = 0; step < 3; step++) {
          long[] rows = {step, 39, 7};
          float[] vectors = new float[3 * DIM];
          for (int i = 0; i < vectors.length; i++) {
            vectors[i] = (float) Math.sin(step + i);
          }
          TableGradients.give(table, Tensors.of(rows, 3), Tensors.of(vectors, 3, DIM));
          adam.step(0.1);
        }
      }
      table.gradient().clear();
      return Tensors.floats(values);
    }
  }

  @Test
  void aFolderThatIsNotThereIsNamed(@TempDir Path folder) {
    Path missing = folder.resolve("missing");
    var problem =
        assertThrows(
            InvalidInputException.class, () -> new TableStorage.InFiles(missing).allocate(10));
    assertTrue(String.valueOf(problem.getMessage()).contains(missing.toString()));
  }
}
