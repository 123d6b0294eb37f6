package org.mneme.memory.kernel;

/// Runs the kernels of inference on next to nothing until the JVM has compiled them: in its
/// interpreter a first batch takes a thousand times as long as the next ones.
public final class Rehearsal {
  private static final VectorAttention.Shape SHAPE = new VectorAttention.Shape(1, 32, 1, 32);
  private static final int DIM = 256;
  private static final long COMPILED_NANOS = 50_000; // for both, then it takes a fifth
  private static final long MOST_NANOS = 2_000_000_000L;

  private Rehearsal() {}

  /// Begins beside the caller, and ends by itself; nothing where [KernelChoice#compilesVectors]
  /// says no.
  public static void begin(Rows.Type type) {
    Thread.ofPlatform()
        .daemon()
        .name("rehearsal")
        .start(() -> {
          if (KernelChoice.compilesVectors()) {
            run(type);
          }
        });
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
