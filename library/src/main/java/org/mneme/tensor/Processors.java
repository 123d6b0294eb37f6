package org.mneme.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
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

  /// Those that the calling thread may run on; empty where that cannot be told: on other systems
  /// threads stay where they are put.
  static Optional<Processors> allowed() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.empty();
    }
    ValueLayout.OfInt number = ValueLayout.JAVA_INT;
    FunctionDescriptor affinity =
        FunctionDescriptor.of(number, number, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS);
    Optional<MethodHandle> current = CLibrary.find("sched_getcpu", FunctionDescriptor.of(number));
    Optional<MethodHandle> threadId = CLibrary.find("gettid", FunctionDescriptor.of(number));
    Optional<MethodHandle> set = CLibrary.find("sched_setaffinity", affinity);
    Optional<MethodHandle> get = CLibrary.find("sched_getaffinity", affinity);
    if (current.isEmpty() || threadId.isEmpty() || set.isEmpty() || get.isEmpty()) {
      return Optional.empty();
    }
    Processors processors = new Processors(current.get(), threadId.get(), set.get());
    return processors.readAllowed(get.get()) ? Optional.of(processors) : Optional.empty();
  }

  private boolean readAllowed(MethodHandle getAffinity) {
    try {
      int bytes = (int) getAffinity.invokeExact(0, (long) SET_BYTES, allowed);
      return bytes >= 0; // -1 if the system has more processors than fit
    } catch (Throwable e) {
      return false;
    }
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
        restrict(threadId, others);
      }
    }
  }

  /// Lets a thread run on all of them again.
  void allow(int threadId) {
    if (threadId >= 0) {
      restrict(threadId, allowed);
    }
  }

  private void restrict(int threadId, MemorySegment set) {
    try {
      var unused = (int) setAffinity.invokeExact(threadId, (long) SET_BYTES, set);
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
