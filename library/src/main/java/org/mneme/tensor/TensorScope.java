package org.mneme.tensor;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// Frees every tensor that was made on this thread since it was opened, except those it was told to
/// keep.
///
/// ```java
/// try (var scope = new TensorScope()) {
///   Tensor result = ...;
///   return scope.keep(result);
/// }
/// ```
///
/// Scopes nest and belong to the thread that opened them. A kept tensor goes to the enclosing scope
/// or, where there is none, to the caller, who closes it. A tensor used after its scope closed is a
/// NullPointerException.
public final class TensorScope implements AutoCloseable {
  private final @Nullable PointerScope enclosing;
  private final PointerScope scope;

  /// Opens a scope on this thread.
  public TensorScope() {
    NativeRuntime.start();
    enclosing = PointerScope.getInnerScope();
    scope = new PointerScope();
  }

  /// A handle on `tensor` (same data, same gradient) that outlives this scope.
  public Tensor keep(Tensor tensor) {
    Tensor own = new Tensor(tensor);
    if (enclosing == null) {
      own.retainReference();
    } else {
      enclosing.attach(own);
    }
    return own;
  }

  /// A handle on `tensor` that no scope will free: its new owner closes it.
  public static Tensor own(Tensor tensor) {
    Tensor own = new Tensor(tensor);
    own.retainReference();
    return own;
  }

  @Override
  public void close() {
    scope.close();
  }
}
