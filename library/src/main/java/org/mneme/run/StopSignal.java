package org.mneme.run;

import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/// Turns the first SIGINT or SIGTERM into a request to stop, so that work can be saved; a second
/// one ends the process at once with the usual 130 or 143.
public final class StopSignal implements BooleanSupplier {
  private static final int INTERRUPTED = 130;
  private static final int TERMINATED = 143;

  private final AtomicBoolean requested = new AtomicBoolean();

  /// Listens from now on.
  ///
  /// @param told runs on the first signal
  public StopSignal(Runnable told) {
    listen("INT", INTERRUPTED, told);
    listen("TERM", TERMINATED, told);
  }

  private void listen(String name, int exitCode, Runnable told) {
    onSignal(
        name,
        () -> {
          if (requested.getAndSet(true)) {
            Runtime.getRuntime().halt(exitCode);
          }
          told.run();
        });
  }

  /// Reflection, because `sun.misc.Signal` has no public twin and the compiler's warning about it
  /// cannot be turned off. In a JVM without it a signal ends the process, as it would anyway.
  private static void onSignal(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object listener =
          Proxy.newProxyInstance(
              StopSignal.class.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, args) -> {
                if (method.getName().equals("handle")) {
                  action.run();
                }
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), listener);
    } catch (ReflectiveOperationException e) {
      // no such class here
    }
  }

  /// Whether to stop.
  @Override
  public boolean getAsBoolean() {
    return requested.get();
  }
}
