package org.mneme.tensor;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// What Linux may be told of how memory will be used. Advice only: where it is not followed,
/// nothing is lost but time.
enum MemoryAdvice {
  /// Rows all over a file will be read: no reading ahead.
  AT_RANDOM(1),
  /// Pages of 2 MB instead of 4 KB, please.
  HUGE_PAGES(14);

  private final int number;

  MemoryAdvice(int number) {
    this.number = number;
  }

  /// Gives it; on Linux only.
  void give(long address, long bytes) {
    try {
      int unused = (int) Function.ADVISE.invokeExact(address, bytes, number);
    } catch (Throwable e) {
      throw CLibrary.failed("madvise", e);
    }
  }

  private static final class Function {
    static final MethodHandle ADVISE =
        CLibrary.function(
            "madvise",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));
  }
}
