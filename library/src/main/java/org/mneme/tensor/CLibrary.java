package org.mneme.tensor;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// Functions of the system's C library.
public final class CLibrary {
  private CLibrary() {}

  /// The function of that name; empty if this library has none.
  public static Optional<MethodHandle> find(String name, FunctionDescriptor signature) {
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(name)
        .map(address -> linker.downcallHandle(address, signature));
  }

  /// A function that every C library of this system has.
  static MethodHandle function(String name, FunctionDescriptor signature) {
    return find(name, signature).orElseThrow(() -> new IllegalStateException("no " + name));
  }

  /// What to throw after a function could not be called.
  static RuntimeException failed(String name, Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return new IllegalStateException(name + " failed", cause);
  }
}
