package org.mneme;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Tensors;

/// Copies of tensors' numbers, to be compared bit by bit.
public final class Bits {
  private Bits() {}

  /// The numbers of every parameter and buffer by name.
  public static Map<String, float[]> of(Parameters parameters) {
    return of(parameters.all());
  }

  /// The numbers of every tensor by name; int64 ones as floats too.
  public static Map<String, float[]> of(Map<String, Tensor> tensors) {
    Map<String, float[]> numbers = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> numbers.put(name, Tensors.floats(tensor)));
    return numbers;
  }

  /// Fails unless names and bits are the same.
  public static void assertSame(Map<String, float[]> expected, Map<String, float[]> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach((name, numbers) -> assertArrayEquals(numbers, actual.get(name), name));
  }

  /// The same for lists.
  public static void assertSame(List<float[]> expected, List<float[]> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertArrayEquals(expected.get(i), actual.get(i), "number " + i);
    }
  }
}
