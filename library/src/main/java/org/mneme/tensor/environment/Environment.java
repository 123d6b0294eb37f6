package org.mneme.tensor.environment;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.mneme.InvalidInputException;
import org.mneme.tensor.NativeRuntime;

/// What Mneme runs on, and what is wrong with it: plain values, made by [#gather(String)].
///
/// @param ok whether Mneme can be trusted to run here: there are no problems
/// @param libtorch the engine as it is loaded, empty if it could not be
/// @param kernels which implementation the memory's hot loops run on
/// @param foreignLibraries libtorch files of the system that lie where a loader may find them
/// @param tokenizers version of the tokenizers binding
/// @param problems what has to be mended, each with its remedy
public record Environment(
    boolean ok,
    Java java,
    String platform,
    OperatingSystem os,
    Cpu cpu,
    Optional<Libtorch> libtorch,
    String kernels,
    Threads threads,
    Memory memory,
    List<String> foreignLibraries,
    List<Cache> caches,
    String tokenizers,
    Check check,
    List<Problem> problems) {
  private static final Runtime.Version OLDEST_JAVA = Runtime.Version.parse("25.0.3");

  /// The JVM that runs.
  ///
  /// @param supported whether it is 25.0.3 or later: the G1 collector of 25.0.0 to 25.0.2 loses
  ///   pinned objects
  public record Java(String version, String vendor, String home, boolean supported) {}

  /// The operating system.
  public record OperatingSystem(String name, String version, String arch) {}

  /// The processor.
  ///
  /// @param cores cores that this process may use
  /// @param simd its vector extensions that matter here, as the system names them; empty if unknown
  public record Cpu(String model, int cores, List<String> simd) {
    private static final Set<String> BFLOAT16 = Set.of("avx512_bf16", "amx_bf16", "bf16");

    /// Whether it has instructions for products of bfloat16 numbers, without which these are slower
    /// than those of float32 ones; false where the system does not tell.
    public boolean multipliesBfloat16() {
      return simd.stream().anyMatch(BFLOAT16::contains);
    }

    /// The one that this runs on.
    public static Cpu ofMachine() {
      return Machine.cpu();
    }
  }

  /// libtorch as it is loaded.
  ///
  /// @param version of the engine, such as `2.10.0`
  /// @param binding of the Java binding, such as `2.10.0-1.5.13`
  /// @param cpuCapability the vector code that its own kernels chose, such as `AVX512`
  /// @param blas the library behind matrix products
  /// @param loadedFrom the folders that its libraries were loaded from; empty if unknown
  public record Libtorch(
      String version, String binding, String cpuCapability, String blas, List<String> loadedFrom) {}

  /// Threads inside one operation.
  ///
  /// @param torch threads of libtorch, 0 if it is not loaded
  /// @param waitPolicy how idle ones wait: `PASSIVE` sleeps, `ACTIVE` spins, `unset` is libgomp's
  ///   own
  public record Threads(int torch, String waitPolicy) {}

  /// Bytes of memory; -1 where the system does not say.
  ///
  /// @param cgroupLimit the container's limit, -1 if there is none
  /// @param maxHeap the most that the JVM will use for Java objects; tensors live outside it
  public record Memory(long total, long available, long cgroupLimit, long maxHeap) {
    /// As it is now.
    public static Memory now() {
      return Machine.memory();
    }
  }

  /// A folder that libraries or models are kept in between runs.
  ///
  /// @param bytes its size, 0 if it does not exist
  public record Cache(String name, String folder, long bytes) {}

  /// A product computed by libtorch and compared with the same in plain Java.
  ///
  /// @param worstError the largest difference of an element, relative to the terms that it is
  ///   summed from; -1 if it was not run
  public record Check(String what, boolean passed, double worstError) {}

  /// Something that has to be mended.
  public record Problem(String what, String remedy) {}

  /// Looks at the machine, loads libtorch and tries it. Takes about two seconds.
  ///
  /// @param kernels what the memory's hot loops run on, in words
  public static Environment gather(String kernels) {
    List<Problem> problems = new ArrayList<>();
    Java java = java(problems);
    List<String> foreign = NativeLibraries.onDisk().stream().map(Path::toString).toList();
    Optional<Libtorch> libtorch = Optional.empty();
    Threads threads = new Threads(0, "unset");
    Check check = new Check("matrix product", false, -1);
    try {
      NativeRuntime.start();
      libtorch = Optional.of(Engine.describe());
      threads = new Threads(NativeRuntime.threads(), NativeRuntime.waitPolicy().orElse("unset"));
      check = Engine.check();
      findLoadedProblems(check, problems);
    } catch (InvalidInputException e) {
      problems.add(new Problem(String.valueOf(e.getMessage()), remedyForLoading(foreign)));
    }
    return new Environment(
        problems.isEmpty(),
        java,
        NativeRuntime.platform(),
        Machine.operatingSystem(),
        Machine.cpu(),
        libtorch,
        kernels,
        threads,
        Machine.memory(),
        foreign,
        Caches.all(),
        tokenizersVersion(),
        check,
        List.copyOf(problems));
  }

  private static Java java(List<Problem> problems) {
    boolean supported = supports(Runtime.version());
    Java java =
        new Java(
            System.getProperty("java.version", ""),
            System.getProperty("java.vendor", ""),
            System.getProperty("java.home", ""),
            supported);
    if (!supported) {
      problems.add(
          new Problem(
              "Java " + java.version() + " may corrupt memory that native code holds",
              "run on Java " + OLDEST_JAVA + " or later (set MNEME_JAVA_HOME to its folder)"));
    }
    return java;
  }

  /// Whether Mneme may run on that Java.
  static boolean supports(Runtime.Version version) {
    return version.compareToIgnoreOptional(OLDEST_JAVA) >= 0;
  }

  private static void findLoadedProblems(Check check, List<Problem> problems) {
    List<Path> strangers =
        NativeLibraries.strangers(NativeLibraries.loaded(), NativeRuntime.cache());
    if (!strangers.isEmpty()) {
      problems.add(
          new Problem(
              "libraries of another libtorch are loaded: " + strangers,
              "take their folder out of LD_LIBRARY_PATH and java.library.path, or uninstall it"));
    }
    if (!check.passed()) {
      problems.add(
          new Problem(
              "libtorch computed a wrong matrix product (relative error "
                  + check.worstError()
                  + ")",
              "remove " + NativeRuntime.cache() + " to have the libraries unpacked again"));
    }
  }

  private static String remedyForLoading(List<String> foreign) {
    if (!foreign.isEmpty()) {
      return "a libtorch of the system may be in the way: " + foreign;
    }
    return Caches.nativeLibraries()
        .map(folder ->
            "check that the platform is supported and that "
                + folder
                + " can be written and has 600 MB free; remove it if it may be damaged")
        .orElse("set -Dorg.bytedeco.javacpp.cachedir (in MNEME_JAVA_OPTS) to a folder to write to");
  }

  private static String tokenizersVersion() {
    try (InputStream in =
        Environment.class.getResourceAsStream("/native/lib/tokenizers.properties")) {
      Properties properties = new Properties();
      if (in != null) {
        properties.load(in);
      }
      return properties.getProperty("version", "unknown");
    } catch (IOException e) {
      throw new UncheckedIOException("the tokenizers library is damaged", e);
    }
  }
}
