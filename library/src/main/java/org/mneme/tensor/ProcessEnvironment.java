package org.mneme.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// The environment variables as C libraries see them, on systems with a POSIX C library.
///
/// `System.getenv` is a copy from the start of the JVM: it does not see what is set here.
final class ProcessEnvironment {
  private ProcessEnvironment() {}

  /// Sets a variable unless the user did.
  static void setIfAbsent(String name, String value) {
    MethodHandle setenv =
        CLibrary.function(
            "setenv",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment nameBytes = arena.allocateFrom(name);
      MemorySegment valueBytes = arena.allocateFrom(value);
      int status = (int) setenv.invokeExact(nameBytes, valueBytes, 0);
      if (status != 0) {
        throw new IllegalStateException("setenv(" + name + ") returned " + status);
      }
    } catch (Throwable e) {
      throw new IllegalStateException("setenv(" + name + ") failed", e);
    }
  }

  /// The value that a C library would read now.
  static Optional<String> get(String name) {
    MethodHandle getenv =
        CLibrary.function(
            "getenv", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment nameBytes = arena.allocateFrom(name);
      MemorySegment value = (MemorySegment) getenv.invokeExact(nameBytes);
      return value.equals(MemorySegment.NULL)
          ? Optional.empty()
          : Optional.of(value.reinterpret(Long.MAX_VALUE).getString(0));
    } catch (Throwable e) {
      throw new IllegalStateException("getenv(" + name + ") failed", e);
    }
  }
}
