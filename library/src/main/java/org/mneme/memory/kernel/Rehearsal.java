package org.mneme.memory.kernel;

import org.mneme.tensor.OneDnn;

/// Runs the kernels of inference on next to nothing until the JVM has compiled them: in its
/// interpreter a first batch takes a thousand times as long as the next ones.
public final class Rehearsal {
  private static final VectorAttention.Shape SHAPE = new VectorAttention.Shape(1, 32, 1, 32);
  private static final int DIM = 256;
  private static final long COMPILED_NANOS = 50_000; // for both, then it takes a fifth
  private static final long MOST_NANOS = 2_000_000_000L;

  private Rehearsal() {}

  /// Begins with what encodes whole texts, beside the caller, and ends by itself; nothing where
  /// [KernelChoice#compilesVectors] says no.
  public static void begin(Rows.Type type) {
    start(() -> run(type));
  }

  /// The same with what reads texts token by token.
  public static void beginTokens(Rows.Type type) {
    start(() -> runTokens(type));
  }

  private static void start(Runnable run) {
    Thread.ofPlatform()
        .daemon()
        .name("rehearsal")
        .start(() -> {
          if (KernelChoice.compilesVectors()) {
            run.run();
          }
        });
  }

  static void runTokens(Rows.Type type) {
    TokenKernels kernels = TokenKernels.get();
    try (Scratch weights = new Scratch(DIM * DIM);
        Scratch vector = new Scratch(DIM);
        Scratch out = new Scratch(DIM);
        Scratch room = new Scratch(DIM + TokenKernels.SPARE)) {
      long x = vector.address();
      long end = System.nanoTime() + MOST_NANOS;
      long start;
      do {
        start = System.nanoTime();
        kernels.product(new Rows(weights.address(), DIM, type), x, x, out.address(), 0, DIM);
        kernels.rmsNorm(x, x, 1, DIM, out.address());
        kernels.layerNorm(x, x, x, 1, DIM, out.address());
        kernels.turn(x, out.address(), out.address(), DIM / 2);
        Rows keys = new Rows(weights.address(), SHAPE.headDim(), Rows.Type.FLOAT32);
        kernels.attend(x, keys, weights.address(), SHAPE.time(), 1, room.address(), out.address());
        kernels.activate(OneDnn.After.SILU, x, DIM, room.address());
        kernels.activate(OneDnn.After.GELU_TANH, x, DIM, room.address());
        kernels.multiply(x, out.address(), DIM);
        kernels.add(x, out.address(), DIM);
        kernels.copy(x, out.address(), DIM);
      } while (System.nanoTime() - start > COMPILED_NANOS && start < end);
    }
  }

  static void run(Rows.Type type) {
    int numbers = SHAPE.time() * Math.max(3 * SHAPE.headDim(), DIM);
    try (Scratch in = new Scratch(numbers);
        Scratch out = new Scratch(numbers);
        Scratch weight = new Scratch(DIM)) {
      long end = System.nanoTime() + MOST_NANOS;
      long start;
      do {
        start = System.nanoTime();
        VectorAttention.run(in.address(), type, SHAPE, 0, 1, out.address(), 1);
        Rows rows = new Rows(in.address(), DIM, type);
        VectorLayerNorm.run(
            rows, SHAPE.time(), weight.address(), weight.address(), 1, out.address());
      } while (System.nanoTime() - start > COMPILED_NANOS && start < end);
    }
  }
}
