package org.mneme.app.run;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import sun.misc.Signal;

/// Turns the first SIGINT or SIGTERM into a request to stop, so that work can be saved; a second one ends the process at
/// once with the usual 130 or 143.
public final class StopSignal implements BooleanSupplier {
  private static final int SIGNAL_EXIT = 128;

  private final AtomicBoolean requested = new AtomicBoolean();

  /// Listens from now on.
  ///
  /// @param told runs on the first signal
  public StopSignal(Runnable told) {
    for (String name : new String[] {"INT", "TERM"}) {
      Signal.handle(
          new Signal(name),
          signal -> {
            if (requested.getAndSet(true)) {
              Runtime.getRuntime().halt(SIGNAL_EXIT + signal.getNumber());
            }
            told.run();
          });
    }
  }

  /// Whether to stop.
  @Override
  public boolean getAsBoolean() {
    return requested.get();
  }
}
