package org.mneme.tensor;

import org.bytedeco.pytorch.Tensor;

/// Lets someone look at what flows through a model, to find where it first goes wrong.
public final class Activations {
  private static final ScopedValue<Viewer> VIEWER = ScopedValue.newInstance();

  private Activations() {}

  /// Looks at activations.
  public interface Viewer {
    /// Something has been computed: it stays the model's.
    void seen(String name, Tensor activation);
  }

  /// A model says what it has computed; nothing happens unless someone looks.
  public static void seen(String name, Tensor activation) {
    if (VIEWER.isBound()) {
      VIEWER.get().seen(name, activation);
    }
  }

  /// Runs `forward` on this thread while `viewer` looks.
  public static void view(Viewer viewer, Runnable forward) {
    ScopedValue.where(VIEWER, viewer).run(forward);
  }
}
