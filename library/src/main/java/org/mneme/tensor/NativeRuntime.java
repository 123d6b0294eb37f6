package org.mneme.tensor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch;
import org.mneme.InvalidInputException;

/// Starts libtorch, once and in the right order, before any class of it is touched.
///
/// Three things have to happen first: OpenMP's threads are told to sleep while they wait (spinning they fight
/// OpenBLAS's for the cores), JavaCPP's ceilings on native memory are lifted, and all native
/// libraries are unpacked before the first is loaded (else a libtorch of the system may be mixed in).
public final class NativeRuntime {
  private static final List<String> LIBRARIES =
      List.of("libgomp.so.1", "libc10.so", "libtorch_cpu.so", "libtorch.so", "libjnitorch.so");

  private NativeRuntime() {}

  /// Starts libtorch unless it runs already. Any thread may call it, as often as it likes.
  ///
  /// @throws InvalidInputException of kind ENVIRONMENT when this machine cannot run it
  public static void start() {
    Started.ensure();
  }

  /// Bytes of native memory that JavaCPP's tensors of this process hold now, as its collector counts them.
  public static long residentBytes() {
    return Pointer.physicalBytes();
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

  private static final class Started {
    static {
      run();
    }

    static void ensure() {
      // the static initialiser has run when this is entered
    }

    private static void run() {
      System.setProperty("org.bytedeco.javacpp.maxphysicalbytes", "0");
      System.setProperty("org.bytedeco.javacpp.maxbytes", "0");
      String platform = Loader.getPlatform();
      try {
        if (platform.startsWith("linux")) {
          setEnvironment("OMP_WAIT_POLICY", "PASSIVE");
          for (String library : LIBRARIES) {
            Loader.cacheResource("/org/bytedeco/pytorch/" + platform + "/" + library);
          }
        }
        Loader.load(torch.class);
      } catch (IOException | LinkageError | RuntimeException e) {
        throw new InvalidInputException(
            InvalidInputException.Kind.ENVIRONMENT,
            platform,
            "libtorch for "
                + platform
                + " could not be loaded: "
                + e.getMessage()
                + " (supported: linux-x86_64, macosx-arm64, windows-x86_64; `mneme doctor` says more)",
            e);
      }
    }

    /// Sets a variable of the process's own environment, where C libraries read it, unless the user set it.
    private static void setEnvironment(String name, String value) {
      Map<String, String> environment = System.getenv();
      if (environment.containsKey(name)) {
        return;
      }
      Linker linker = Linker.nativeLinker();
      MethodHandle setenv =
          linker.downcallHandle(
              linker.defaultLookup().find("setenv").orElseThrow(),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.ADDRESS,
                  ValueLayout.ADDRESS,
                  ValueLayout.JAVA_INT));
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment nameBytes = arena.allocateFrom(name);
        MemorySegment valueBytes = arena.allocateFrom(value);
        int unused = (int) setenv.invokeExact(nameBytes, valueBytes, 0);
      } catch (Throwable e) {
        throw new IllegalStateException("setenv(" + name + ") failed", e);
      }
    }
  }
}
