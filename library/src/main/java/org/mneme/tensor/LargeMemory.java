package org.mneme.tensor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.mneme.InvalidInputException;

/// Memory for tables of gigabytes, outside the Java heap and libtorch's, zero at first, until
/// [#close()].
///
/// On Linux it begins at a boundary of 2 MB and asks for pages of that size: rows lie anywhere, and
/// with pages of 4 KB nearly each of them costs a walk through the page tables (20 to 30 % of the
/// time of reading).
public final class LargeMemory implements AutoCloseable {
  private static final long HUGE_PAGE = 2L << 20;
  private static final int READ_WRITE = 3; // PROT_READ | PROT_WRITE
  private static final int PRIVATE_ANONYMOUS = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS
  private static final int HUGE_PAGES = 14; // MADV_HUGEPAGE
  private static final int AT_RANDOM = 1; // MADV_RANDOM

  private final Arena arena;
  private final MemorySegment segment;

  private LargeMemory(Arena arena, MemorySegment segment) {
    this.arena = arena;
    this.segment = segment;
  }

  /// Anonymous memory. Untouched pages of it cost nothing where the system gives them lazily.
  public static LargeMemory allocate(long bytes) {
    Arena arena = Arena.ofShared();
    boolean linux = System.getProperty("os.name").toLowerCase(Locale.ROOT).equals("linux");
    return new LargeMemory(
        arena, linux ? Pages.map(bytes, arena) : arena.allocate(Math.max(1, bytes), Long.BYTES));
  }

  /// The content of a file, made as long as need be: changes go to the file, and what does not fit
  /// into the machine's memory stays on the disk.
  ///
  /// @throws InvalidInputException of kind ENVIRONMENT when there is no such folder, or the system
  ///   does not map the file
  public static LargeMemory map(Path file, long bytes) {
    Arena arena = Arena.ofShared();
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
      if (System.getProperty("os.name").toLowerCase(Locale.ROOT).equals("linux") && bytes > 0) {
        Pages.advise(mapped.address(), bytes, AT_RANDOM); // no reading ahead of single rows
      }
      return new LargeMemory(arena, mapped);
    } catch (IOException e) {
      arena.close();
      throw new InvalidInputException(
          InvalidInputException.Kind.ENVIRONMENT,
          file.toString(),
          file + " cannot be mapped as a table: " + remedy(file, e),
          e);
    }
  }

  private static String remedy(Path file, IOException problem) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      return "the folder " + folder + " is missing; make it";
    }
    return Files.isDirectory(file)
        ? "it is a folder; name a file in it"
        : problem.getMessage() + "; take a file on a disk with room that can be written";
  }

  /// The memory, valid until [#close()].
  public MemorySegment segment() {
    return segment;
  }

  /// The memory as a tensor of that shape, without a copy, in the enclosing scope. Not to be used
  /// after [#close()].
  public Tensor tensor(torch.ScalarType type, long... shape) {
    NativeRuntime.start();
    return torch.from_blob(new Address(segment.address()), shape, new TensorOptions(type));
  }

  @Override
  public void close() {
    arena.close();
  }

  /// An address that libtorch takes.
  private static final class Address extends Pointer {
    Address(long address) {
      this.address = address;
    }
  }

  /// The C library's pages.
  private static final class Pages {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle MMAP =
        function(
            "mmap",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG));
    private static final MethodHandle MUNMAP =
        function(
            "munmap",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle MADVISE =
        function(
            "madvise",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));

    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
      return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
    }

    static MemorySegment map(long bytes, Arena arena) {
      long mapped = bytes + HUGE_PAGE;
      try {
        long start = (long) MMAP.invokeExact(0L, mapped, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
        if (start == -1) {
          throw new OutOfMemoryError(bytes + " bytes for a table; the system gives no more");
        }
        long aligned = (start + HUGE_PAGE - 1) & -HUGE_PAGE;
        advise(aligned, bytes, HUGE_PAGES);
        return MemorySegment.ofAddress(aligned)
            .reinterpret(bytes, arena, ignored -> unmap(start, mapped));
      } catch (Error | RuntimeException e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException("mmap failed", e);
      }
    }

    private static void unmap(long start, long bytes) {
      try {
        int unused = (int) MUNMAP.invokeExact(start, bytes);
      } catch (Throwable e) {
        throw new IllegalStateException("munmap failed", e);
      }
    }

    /// Advice only: where the system knows it not, nothing is lost but time.
    static void advise(long start, long bytes, int advice) {
      try {
        int unused = (int) MADVISE.invokeExact(start, bytes, advice);
      } catch (Throwable e) {
        throw new IllegalStateException("madvise failed", e);
      }
    }
  }
}
