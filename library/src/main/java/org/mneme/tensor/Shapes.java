package org.mneme.tensor;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/// Checks of shapes at the borders of layers, so that comment and code cannot part.
public final class Shapes {
  /// Stands for a size that may be anything.
  public static final long ANY = -1;

  private Shapes() {}

  /// Throws unless `tensor` has exactly the sizes `expected`; [#ANY] fits every size.
  public static void require(Tensor tensor, String name, long... expected) {
    long[] actual = of(tensor);
    boolean fits = actual.length == expected.length;
    for (int i = 0; fits && i < expected.length; i++) {
      fits = expected[i] == ANY || expected[i] == actual[i];
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "%s has shape %s, expected %s"
              .formatted(
                  name, Arrays.toString(actual), Arrays.toString(expected).replace("-1", "any")));
    }
  }

  /// The sizes of `tensor`.
  public static long[] of(Tensor tensor) {
    long[] sizes = new long[(int) tensor.dim()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = tensor.size(i);
    }
    return sizes;
  }
}
