package org.mneme.app.run;

/// An allocation failed; the message says what took the memory and what would fit.
public final class OutOfMemory extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// @param cause the allocation that failed
  public OutOfMemory(String message, Throwable cause) {
    super(message, cause);
  }

  /// Whether memory ran out, the JVM's or libtorch's. The latter says it in a RuntimeException of
  /// its own.
  public static boolean isCauseOf(Throwable problem) {
    for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage());
      if (cause instanceof OutOfMemoryError
          || cause instanceof OutOfMemory
          || message.contains("can't allocate memory")
          || message.contains("not enough memory")
          || message.contains("bad_alloc")) {
        return true;
      }
    }
    return false;
  }
}
