package org.mneme.memory.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// On which processors threads run, as Linux has it.
final class Processors {
  private static final int SET_BYTES = 128; // of glibc's cpu_set_t

  private final MethodHandle current;
  private final MethodHandle threadId;
  private final MethodHandle setAffinity;
  private final MemorySegment allowed; // cpu_set_t

  private Processors(MethodHandle current, MethodHandle threadId, MethodHandle setAffinity) {
    this.current = current;
    this.threadId = threadId;
    this.setAffinity = setAffinity;
    allowed = Arena.global().allocate(SET_BYTES, Long.BYTES);
  }

  /// Those that the calling thread may run on; empty where threads cannot be told.
  static Optional<Processors> allowed() {
    ValueLayout.OfInt number = ValueLayout.JAVA_INT;
    FunctionDescriptor affinity =
        FunctionDescriptor.of(number, number, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS);
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.empty();
    }
    try {
      Processors processors =
          new Processors(
              function("sched_getcpu", FunctionDescriptor.of(number)),
              function("gettid", FunctionDescriptor.of(number)),
              function("sched_setaffinity", affinity));
      MethodHandle getAffinity = function("sched_getaffinity", affinity);
      int status = (int) getAffinity.invokeExact(0, (long) SET_BYTES, processors.allowed);
      return status == 0 ? Optional.of(processors) : Optional.empty();
    } catch (Throwable e) {
      return Optional.empty(); // a C library without these: threads stay where they are put
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor signature) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), signature);
  }

  /// The one that the calling thread runs on, -1 if it cannot be told.
  int current() {
    try {
      return (int) current.invokeExact();
    } catch (Throwable e) {
      return -1;
    }
  }

  /// The system's number of the calling thread, -1 if it cannot be told.
  int threadId() {
    try {
      return (int) threadId.invokeExact();
    } catch (Throwable e) {
      return -1;
    }
  }

  /// Keeps a thread away from one processor, if that leaves it another.
  void keepAway(int threadId, int processor) {
    int word = processor / Long.SIZE * Long.BYTES;
    if (threadId < 0 || processor < 0 || word >= SET_BYTES) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment others = arena.allocate(SET_BYTES, Long.BYTES).copyFrom(allowed);
      long bits = others.get(ValueLayout.JAVA_LONG, word);
      others.set(ValueLayout.JAVA_LONG, word, bits & ~(1L << processor % Long.SIZE));
      if (!isEmpty(others)) {
        var unused = (int) setAffinity.invokeExact(threadId, (long) SET_BYTES, others);
      }
    } catch (Throwable e) {
      throw new IllegalStateException("sched_setaffinity failed", e);
    }
  }

  private static boolean isEmpty(MemorySegment set) {
    for (int i = 0; i < SET_BYTES / Long.BYTES; i++) {
      if (set.getAtIndex(ValueLayout.JAVA_LONG, i) != 0) {
        return false;
      }
    }
    return true;
  }
}
