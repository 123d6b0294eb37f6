package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.tensor.KeptRows;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class FileRowsTest {
  private static final String NAME = "words";

  @TempDir private Path temp;

  /// A matrix in a file of `type`, rounded to it.
  private Tensor saved(Path file, torch.ScalarType type, Random random, long... shape) {
    int count = (int) (shape[0] * (shape.length == 1 ? 1 : shape[1]));
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = random.nextFloat() - 0.5f;
    }
    Tensor whole = Tensors.of(numbers, shape).to(type);
    SafetensorsWriter.write(
        file, Map.of("before", Tensors.of(new long[] {7}, 1), NAME, whole), Map.of());
    return whole.to(torch.ScalarType.Float);
  }

  private static KeptRows some(int all, Random random, double share) {
    return new KeptRows(
        all, IntStream.range(0, all).filter(id -> random.nextDouble() < share).toArray());
  }

  private static FileRows open(Path file) {
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      return opened.rows(NAME);
    }
  }

  @Test
  void whatIsKeptComesFromTheFileAndGoesBackInto() throws IOException {
    for (var type :
        new torch.ScalarType[] {
          torch.ScalarType.Float, torch.ScalarType.BFloat16, torch.ScalarType.Half
        }) {
      for (long[] shape : new long[][] {{1, 3}, {40, 5}, {17}, {60_000, 40}}) {
        for (double share : new double[] {0, 0.3, 1}) {
          roundTrip(type, shape, share);
        }
      }
    }
  }

  private void roundTrip(torch.ScalarType type, long[] shape, double share) throws IOException {
    Random random = new Random(shape[0]);
    Path file = temp.resolve("rows.safetensors");
    Path copy = temp.resolve("copy.safetensors");
    try (var scope = new TensorScope()) {
      Tensor whole = saved(file, type, random, shape);
      KeptRows kept = some((int) shape[0], random, share);
      long[] ids = kept.ids().asLongStream().toArray();
      Tensor index = Tensors.of(ids, ids.length);
      long[] part = shape.clone();
      part[0] = kept.size();
      Tensor own = Tensors.zeros(torch.ScalarType.Float, part);
      try (FileRows rows = open(file)) {
        rows.copyInto(own, kept);
        assertArrayEquals(
            Tensors.floats(whole.index_select(0, index)), Tensors.floats(own), "kept rows");
        var trained = own.add_(Tensors.of(new float[] {1}, 1));
        var changed = whole.index_copy_(0, index, trained);
        Files.delete(file); // it is open
        SafetensorsWriter.writeContents(copy, Map.of(NAME, rows.with(own, kept)), Map.of());
        try (SafetensorsFile read = SafetensorsFile.open(copy)) {
          assertEquals(Dtype.F32, read.entry(NAME).dtype());
          assertArrayEquals(Tensors.floats(changed), Tensors.floats(read.tensor(NAME)), "all rows");
        }
      }
    }
  }
}
