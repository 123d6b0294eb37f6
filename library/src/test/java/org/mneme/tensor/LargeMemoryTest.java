package org.mneme.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;

class LargeMemoryTest {
  @TempDir Path folder;

  @Test
  void memoryIsZeroAtFirstAndATensorWithoutACopy() {
    for (long numbers : new long[] {1, 7, 600_000}) {
      try (var scope = new TensorScope();
          LargeMemory memory = LargeMemory.allocate(numbers * Float.BYTES)) {
        assertEquals(numbers * Float.BYTES, memory.segment().byteSize());
        var tensor = memory.tensor(torch.ScalarType.Float, numbers, 1);
        assertEquals(0, tensor.abs().sum().item_double());
        var unused = tensor.add_(new Scalar(3));
        assertEquals(3, memory.segment().getAtIndex(ValueLayout.JAVA_FLOAT, numbers - 1));
      }
    }
  }

  @Test
  void noMemoryIsMemoryToo() {
    try (LargeMemory memory = LargeMemory.allocate(0);
        LargeMemory mapped = LargeMemory.map(folder.resolve("empty"), 0)) {
      assertTrue(memory.segment().byteSize() <= 1);
      assertEquals(0, mapped.segment().byteSize());
    }
  }

  @Test
  void aTableInAFileKeepsWhatWasWritten() throws IOException {
    Path file = folder.resolve("table");
    float[] numbers = {1, -2, 3.5f, Float.MIN_VALUE, 5, 6};
    try (var scope = new TensorScope();
        LargeMemory memory = LargeMemory.map(file, numbers.length * Float.BYTES)) {
      var table = memory.tensor(torch.ScalarType.Float, 3, 2);
      assertArrayEquals(new float[6], Tensors.floats(table));
      var unused = table.copy_(Tensors.of(numbers, 3, 2));
    }
    assertEquals(numbers.length * Float.BYTES, Files.size(file));
    try (var scope = new TensorScope();
        LargeMemory memory = LargeMemory.map(file, 8 * Float.BYTES)) {
      var grown = memory.tensor(torch.ScalarType.Float, 4, 2);
      assertArrayEquals(numbers, Tensors.floats(grown.narrow(0, 0, 3)), 0);
      assertArrayEquals(new float[2], Tensors.floats(grown.narrow(0, 3, 1)), 0);
    }
  }

  @Test
  void aMissingFolderIsNamedWithTheRemedy() {
    Path file = folder.resolve("missing").resolve("table");
    var thrown = assertThrows(InvalidInputException.class, () -> LargeMemory.map(file, 8));
    assertEquals(InvalidInputException.Kind.ENVIRONMENT, thrown.kind());
    assertEquals(
        file
            + " cannot be mapped as a table: the folder "
            + file.getParent()
            + " is missing; make it",
        thrown.getMessage());
  }

  @Test
  void aFolderIsNoTable() {
    var thrown = assertThrows(InvalidInputException.class, () -> LargeMemory.map(folder, 8));
    assertEquals(
        folder + " cannot be mapped as a table: it is a folder; name a file in it",
        thrown.getMessage());
  }
}
