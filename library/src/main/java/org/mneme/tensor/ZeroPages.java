package org.mneme.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/// Memory outside the heap that is zero and costs nothing until it is touched, page by page: for
/// arrays of which perhaps only a part will ever be used. (`Arena.allocate` writes all of its
/// zeroes at once.)
///
/// On Linux and macOS it comes from `mmap` (glibc's `calloc` would write zeroes too where it takes
/// up freed memory, see [NativeHeap]), elsewhere from `calloc`, which on Windows is as lazy. Linux
/// is asked for pages of 2 MB: access at random is a fifth faster than in pages of 4 KB.
public final class ZeroPages {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final Source SOURCE = source(System.getProperty("os.name"));

  private ZeroPages() {}

  /// Zeros, freed when `arena` is closed, or with [Arena#ofAuto()] when nobody can reach them any
  /// more.
  ///
  /// @throws OutOfMemoryError when the system does not give that much
  public static MemorySegment allocate(long bytes, Arena arena) {
    if (bytes == 0) {
      return MemorySegment.NULL;
    }
    long address = SOURCE.allocate(bytes);
    return MemorySegment.ofAddress(address)
        .reinterpret(bytes, arena, ignored -> SOURCE.free(address, bytes));
  }

  /// Makes all of what [#allocate] gave zero again; its pages go back to the system.
  public static void clear(MemorySegment all) {
    if (all.byteSize() > 0) {
      SOURCE.clear(all);
    }
  }

  private static Source source(String system) {
    String name = system.toLowerCase(Locale.ROOT);
    if (name.startsWith("linux")) {
      return new MappedPages(0x4022, true); // MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    }
    if (name.startsWith("mac")) {
      return new MappedPages(0x1042, false); // the same flags, by other numbers
    }
    return new ClearedBlocks();
  }

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
  }

  /// Where the memory comes from.
  private sealed interface Source permits MappedPages, ClearedBlocks {
    long allocate(long bytes);

    void clear(MemorySegment all);

    void free(long address, long bytes);
  }

  private static RuntimeException failed(String what, Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return new IllegalStateException(what + " failed", cause);
  }

  private static final class MappedPages implements Source {
    private static final int READ_AND_WRITE = 3; // PROT_READ | PROT_WRITE
    private static final int AT_THIS_ADDRESS = 0x10; // MAP_FIXED
    private static final int NO_FILE = -1;
    private static final int IN_HUGE_PAGES = 14; // MADV_HUGEPAGE

    private final int flags;
    private final boolean huge;
    private final MethodHandle map =
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
    private final MethodHandle unmap =
        function(
            "munmap",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

    private final MethodHandle advise =
        function(
            "madvise",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));

    MappedPages(int flags, boolean huge) {
      this.flags = flags;
      this.huge = huge;
    }

    @Override
    public long allocate(long bytes) {
      return map(0, bytes, flags);
    }

    @Override
    public void clear(MemorySegment all) {
      long unused = map(all.address(), all.byteSize(), flags | AT_THIS_ADDRESS);
    }

    private long map(long address, long bytes, int flags) {
      try {
        long given = (long) map.invokeExact(address, bytes, READ_AND_WRITE, flags, NO_FILE, 0L);
        if (given == -1) {
          throw new OutOfMemoryError("the system gives no " + bytes + " bytes");
        }
        if (huge) { // where the system does not do it, nothing is lost
          int unused = (int) advise.invokeExact(given, bytes, IN_HUGE_PAGES);
        }
        return given;
      } catch (Throwable e) {
        throw failed("mmap", e);
      }
    }

    @Override
    public void free(long address, long bytes) {
      try {
        int unused = (int) unmap.invokeExact(address, bytes);
      } catch (Throwable e) {
        throw failed("munmap", e);
      }
    }
  }

  private static final class ClearedBlocks implements Source {
    private final MethodHandle allocate =
        function(
            "calloc",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private final MethodHandle free =
        function("free", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

    @Override
    public long allocate(long bytes) {
      try {
        long given = (long) allocate.invokeExact(bytes, 1L);
        if (given == 0) {
          throw new OutOfMemoryError("the system gives no " + bytes + " bytes");
        }
        return given;
      } catch (Throwable e) {
        throw failed("calloc", e);
      }
    }

    @Override
    public void clear(MemorySegment all) {
      var unused = all.fill((byte) 0);
    }

    @Override
    public void free(long address, long bytes) {
      try {
        free.invokeExact(address);
      } catch (Throwable e) {
        throw failed("free", e);
      }
    }
  }
}
