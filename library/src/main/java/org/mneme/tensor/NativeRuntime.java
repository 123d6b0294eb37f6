package org.mneme.tensor;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;

/// Starts libtorch, once and in the right order, before any class of it is touched.
///
/// Four things have to happen first: glibc is told to keep freed memory (see [NativeHeap]), the
/// threads of OpenMP and of OpenBLAS are told to sleep soon while they wait (spinning they take the
/// cores from each other and from our own kernels), JavaCPP's ceilings on native memory are lifted,
/// and all native libraries are unpacked before the first is loaded (else a libtorch of the system
/// may be mixed in).
public final class NativeRuntime {
  private static final String WAIT_POLICY = "OMP_WAIT_POLICY";
  // Longer than it takes from one short product to the next: a forward pass of a single text takes
  // 5 ms instead of 9, with 2,000 spins 5.5. Much longer and they are in the way of OpenBLAS's.
  private static final String SPINS = "GOMP_SPINCOUNT";
  private static final String SHORT_SPINS = "8000";
  // OpenBLAS's threads spin for 2^26 cycles after each product unless told otherwise, on cores that
  // our kernels want: a memory's step took 1.2 times as long. Short products that follow each other
  // closely still meet a thread that is awake.
  private static final String BLAS_TIMEOUT = "OPENBLAS_THREAD_TIMEOUT";
  private static final String SHORT_BLAS_TIMEOUT = "18"; // 2^18 cycles, some 80 us
  private static final List<String> LIBRARIES =
      List.of("libgomp.so.1", "libc10.so", "libtorch_cpu.so", "libtorch.so", "libjnitorch.so");

  private NativeRuntime() {}

  /// Starts libtorch unless it runs already. Any thread may call it, as often as it likes.
  ///
  /// @throws InvalidInputException of kind ENVIRONMENT when this machine cannot run it
  public static void start() {
    Throwable problem = Started.OUTCOME.problem();
    if (problem != null) {
      throw new InvalidInputException(
          InvalidInputException.Kind.ENVIRONMENT,
          platform(),
          "libtorch for "
              + platform()
              + " could not be loaded: "
              + problem.getMessage()
              + " (supported: linux-x86_64, macosx-arm64, windows-x86_64; `mneme doctor` says"
              + " more)",
          problem);
    }
  }

  /// Bytes of native memory that JavaCPP's tensors of this process hold now, as its collector
  /// counts them.
  public static long residentBytes() {
    return Pointer.physicalBytes();
  }

  /// Gives the memory of freed tensors, which is kept for the next step, back to the system.
  public static void releaseFreedMemory() {
    NativeHeap.release();
  }

  /// The platform whose native libraries are loaded, such as `linux-x86_64`.
  public static String platform() {
    return Loader.getPlatform();
  }

  /// Threads inside one tensor operation.
  public static int threads() {
    start();
    return torch.get_num_threads();
  }

  /// How idle OpenMP threads wait, as libgomp read it: `PASSIVE` sleeps, `ACTIVE` spins. Empty
  /// where nobody set it.
  public static Optional<String> waitPolicy() {
    start();
    return platform().startsWith("windows")
        ? Optional.ofNullable(System.getenv(WAIT_POLICY))
        : ProcessEnvironment.get(WAIT_POLICY);
  }

  /// The folder into which native libraries are unpacked, and from which all of them must come.
  ///
  /// @throws InvalidInputException of kind ENVIRONMENT when there is none that can be written
  public static Path cache() {
    try {
      return Loader.getCacheDir().toPath();
    } catch (IOException e) {
      throw new InvalidInputException(
          InvalidInputException.Kind.ENVIRONMENT,
          "org.bytedeco.javacpp.cachedir",
          "no folder for native libraries can be made: " + e.getMessage(),
          e);
    }
  }

  /// How the start went.
  private record Outcome(@Nullable Throwable problem) {}

  private static final class Started {
    // kept rather than thrown: an initialiser's exception reaches only the first caller, and
    // wrapped
    static final Outcome OUTCOME = run();

    private static Outcome run() {
      System.setProperty("org.bytedeco.javacpp.maxphysicalbytes", "0");
      System.setProperty("org.bytedeco.javacpp.maxbytes", "0");
      String platform = Loader.getPlatform();
      try {
        if (platform.startsWith("linux")) {
          ProcessEnvironment.setIfAbsent(WAIT_POLICY, "PASSIVE");
          ProcessEnvironment.setIfAbsent(SPINS, SHORT_SPINS);
          ProcessEnvironment.setIfAbsent(BLAS_TIMEOUT, SHORT_BLAS_TIMEOUT);
          NativeHeap.keepFreedMemory();
          for (String library : LIBRARIES) {
            Loader.cacheResource("/org/bytedeco/pytorch/" + platform + "/" + library);
          }
        }
        Loader.load(torch.class);
        return new Outcome(null);
      } catch (IOException | LinkageError | RuntimeException e) {
        return new Outcome(e);
      }
    }
  }
}
