package org.mneme.tensor;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// How the C library keeps the memory of tensors that were freed.
///
/// glibc hands blocks from 32 MB on back to the system at once, and gets them again for the next
/// step page by page: measured at 0.5 ms a MB, ten times what it takes to write them. And each of
/// its threads keeps an arena of its own, so that workers which come and go leave gigabytes behind.
final class NativeHeap {
  private static final int TRIM_THRESHOLD = -1;
  private static final int MMAP_MAX = -4;
  private static final int ARENA_MAX = -8;

  private NativeHeap() {}

  /// Lets glibc keep what is freed, in one arena, for the next step. Does nothing where the C
  /// library is another.
  static void keepFreedMemory() {
    Optional<MethodHandle> mallopt =
        CLibrary.find(
            "mallopt",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    if (mallopt.isPresent()) {
      set(mallopt.get(), ARENA_MAX, 1);
      set(mallopt.get(), MMAP_MAX, 0);
      set(mallopt.get(), TRIM_THRESHOLD, Integer.MAX_VALUE);
    }
  }

  /// Gives what is free back to the system, where the C library can.
  static void release() {
    CLibrary.find("malloc_trim", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG))
        .ifPresent(NativeHeap::trim);
  }

  private static void trim(MethodHandle mallocTrim) {
    try {
      int unused = (int) mallocTrim.invokeExact(0L);
    } catch (Throwable e) {
      throw CLibrary.failed("malloc_trim", e);
    }
  }

  private static void set(MethodHandle mallopt, int parameter, int value) {
    try {
      int unused = (int) mallopt.invokeExact(parameter, value);
    } catch (Throwable e) {
      throw new IllegalStateException("mallopt(" + parameter + ", " + value + ") failed", e);
    }
  }
}
