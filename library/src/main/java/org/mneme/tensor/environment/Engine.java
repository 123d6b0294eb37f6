package org.mneme.tensor.environment;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.mneme.Version;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Asks the loaded libtorch what it is, and whether it computes.
final class Engine {
  private static final double TOLERANCE = 1e-5;
  private static final Pattern OPENBLAS_VERSION = Pattern.compile("OpenBLAS (\\S+)");

  private Engine() {}

  static Environment.Libtorch describe() {
    List<Path> loaded = NativeLibraries.loaded();
    String binding = Version.current().libtorch();
    return new Environment.Libtorch(
        binding.replaceFirst("-.*", ""),
        binding,
        torch.get_cpu_capability().getString(),
        blas(loaded),
        NativeLibraries.torch(loaded).stream()
            .map(library -> String.valueOf(library.getParent()))
            .distinct()
            .toList());
  }

  /// What is behind matrix products, with its version and the processor it chose code for, if it
  /// tells.
  private static String blas(List<Path> loaded) {
    List<Path> libraries = NativeLibraries.blas(loaded);
    if (libraries.isEmpty()) {
      return torch.hasMKL() ? "mkl" : "unknown";
    }
    Path library = libraries.getFirst();
    String name = NativeLibraries.shortName(library);
    return openBlasConfig(library)
        .map(config -> {
          Matcher version = OPENBLAS_VERSION.matcher(config);
          return version.find() ? "openblas " + version.group(1) + " (" + config + ")" : name;
        })
        .orElse(name);
  }

  /// OpenBLAS's description of itself, such as `OpenBLAS 0.3.31 NO_AFFINITY SkylakeX
  /// MAX_THREADS=64`.
  private static Optional<String> openBlasConfig(Path library) {
    if (!NativeLibraries.shortName(library).startsWith("openblas")) {
      return Optional.empty();
    }
    try (Arena arena = Arena.ofConfined()) {
      Optional<MemorySegment> function =
          SymbolLookup.libraryLookup(library, arena).find("openblas_get_config");
      if (function.isEmpty()) {
        return Optional.empty();
      }
      var config =
          (MemorySegment)
              Linker.nativeLinker()
                  .downcallHandle(function.get(), FunctionDescriptor.of(ValueLayout.ADDRESS))
                  .invokeExact();
      return Optional.of(config.reinterpret(Long.MAX_VALUE).getString(0).strip());
    } catch (Throwable e) {
      return Optional.empty(); // the name of the library has to do
    }
  }

  /// Multiplies two matrices of awkward sizes and compares with plain loops.
  static Environment.Check check() {
    int rows = 33;
    int inner = 65;
    int columns = 17;
    float[] a = numbers(rows * inner, 7);
    float[] b = numbers(inner * columns, 11);
    float[] product;
    try (var scope = new TensorScope()) {
      Tensor left = Tensors.of(a, rows, inner);
      Tensor right = Tensors.of(b, inner, columns);
      product = Tensors.floats(left.matmul(right)); // [rows, columns]
    }
    double worst = 0;
    double largest = 0;
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        double sum = 0;
        double sumOfSizes = 0;
        for (int i = 0; i < inner; i++) {
          double term = (double) a[row * inner + i] * b[i * columns + column];
          sum += term;
          sumOfSizes += Math.abs(term);
        }
        worst = Math.max(worst, Math.abs(sum - product[row * columns + column]));
        largest = Math.max(largest, sumOfSizes);
      }
    }
    double error = worst / largest;
    return new Environment.Check("matrix product", error < TOLERANCE, error);
  }

  private static float[] numbers(int count, int stride) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) Math.sin(stride * (i + 1.0));
    }
    return numbers;
  }
}
