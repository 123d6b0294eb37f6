package org.mneme.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/// Memory outside the heap that is zero and costs nothing until it is touched, page by page: for
/// tables, and for arrays of which perhaps only a part will ever be used. (`Arena.allocate` writes
/// all of its zeroes at once.)
///
/// On Linux and macOS it comes from `mmap` (glibc's `calloc` would write zeroes too where it takes
/// up freed memory, see [NativeHeap]), elsewhere from `calloc`, which on Windows is as lazy. On
/// Linux it begins at a boundary of 2 MB and asks for pages of that size: rows lie anywhere, and
/// with pages of 4 KB nearly each of them costs a walk through the page tables (20 to 30 % of the
/// time of reading).
public final class ZeroPages {
  private static final Source SOURCE = source(System.getProperty("os.name"));

  private ZeroPages() {}

  /// Zeros, freed when `arena` is closed, or with [Arena#ofAuto()] when nobody can reach them any
  /// more.
  ///
  /// @throws OutOfMemoryError when the system does not give that much
  public static MemorySegment allocate(long bytes, Arena arena) {
    return bytes == 0 ? MemorySegment.NULL : SOURCE.allocate(bytes, arena);
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
      return new MappedPages(0x4022, 2L << 20); // MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    }
    if (name.startsWith("mac")) {
      return new MappedPages(0x1042, 0); // the same flags, by other numbers
    }
    return new ClearedBlocks();
  }

  private static OutOfMemoryError tooMuch(long bytes) {
    return new OutOfMemoryError("the system gives no " + bytes + " bytes");
  }

  /// Where the memory comes from.
  private sealed interface Source permits MappedPages, ClearedBlocks {
    MemorySegment allocate(long bytes, Arena arena);

    void clear(MemorySegment all);
  }

  private static final class MappedPages implements Source {
    private static final int READ_AND_WRITE = 3; // PROT_READ | PROT_WRITE
    private static final int AT_THIS_ADDRESS = 0x10; // MAP_FIXED
    private static final int NO_FILE = -1;

    private final int flags;
    private final long hugePage;
    private final MethodHandle map =
        CLibrary.function(
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
        CLibrary.function(
            "munmap",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

    /// @param hugePage size of the pages to ask for, 0 for the usual ones
    MappedPages(int flags, long hugePage) {
      this.flags = flags;
      this.hugePage = hugePage;
    }

    @Override
    public MemorySegment allocate(long bytes, Arena arena) {
      long mapped = bytes + hugePage;
      long start = map(0, mapped, flags);
      long first = hugePage == 0 ? start : (start + hugePage - 1) & -hugePage;
      adviseHugePages(first, bytes);
      return MemorySegment.ofAddress(first)
          .reinterpret(bytes, arena, ignored -> unmap(start, mapped));
    }

    @Override
    public void clear(MemorySegment all) {
      long unused = map(all.address(), all.byteSize(), flags | AT_THIS_ADDRESS);
      adviseHugePages(all.address(), all.byteSize());
    }

    private void adviseHugePages(long address, long bytes) {
      if (hugePage > 0) {
        MemoryAdvice.HUGE_PAGES.give(address, bytes);
      }
    }

    private long map(long address, long bytes, int flags) {
      try {
        long given = (long) map.invokeExact(address, bytes, READ_AND_WRITE, flags, NO_FILE, 0L);
        if (given == -1) {
          throw tooMuch(bytes);
        }
        return given;
      } catch (Throwable e) {
        throw CLibrary.failed("mmap", e);
      }
    }

    private void unmap(long address, long bytes) {
      try {
        int unused = (int) unmap.invokeExact(address, bytes);
      } catch (Throwable e) {
        throw CLibrary.failed("munmap", e);
      }
    }
  }

  private static final class ClearedBlocks implements Source {
    private final MethodHandle allocate =
        CLibrary.function(
            "calloc",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private final MethodHandle free =
        CLibrary.function("free", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

    @Override
    public MemorySegment allocate(long bytes, Arena arena) {
      try {
        long given = (long) allocate.invokeExact(bytes, 1L);
        if (given == 0) {
          throw tooMuch(bytes);
        }
        return MemorySegment.ofAddress(given).reinterpret(bytes, arena, ignored -> free(given));
      } catch (Throwable e) {
        throw CLibrary.failed("calloc", e);
      }
    }

    @Override
    public void clear(MemorySegment all) {
      var unused = all.fill((byte) 0);
    }

    private void free(long address) {
      try {
        free.invokeExact(address);
      } catch (Throwable e) {
        throw CLibrary.failed("free", e);
      }
    }
  }
}
