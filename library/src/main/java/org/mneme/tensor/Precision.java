package org.mneme.tensor;

import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// In how many bits products of matrices are computed. Weights, their gradients and optimisers,
/// norms, softmaxes, attention and losses are float32 in every mode.
public enum Precision {
  /// Products of float32 numbers.
  FLOAT32,
  /// Products of numbers that are rounded to bfloat16 on the way in, results in float32: libtorch's
  /// `medium`. Only processors with matrix units for it (AMX) have such products; on others they
  /// stay float32.
  MEDIUM,
  /// Products of bfloat16 matrices, results rounded to bfloat16, sums inside in float32: autocast.
  BFLOAT16;

  private static final String FULL = "highest";

  /// Its name in settings.
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Computes products so until what it returns is closed: the part of [#openForProcess] and that
  /// of [#openForThread], for who works alone.
  public Scope open() {
    Scope process = openForProcess();
    Scope thread = openForThread();
    return () -> {
      thread.close();
      process.close();
    };
  }

  /// `MEDIUM` holds for the whole process: who hands out work opens it around forward and backward
  /// passes. Of the others nothing does.
  public Scope openForProcess() {
    NativeRuntime.start();
    if (this != MEDIUM) {
      return () -> {};
    }
    torch.globalContext().setFloat32MatmulPrecision("medium");
    return () -> torch.globalContext().setFloat32MatmulPrecision(FULL);
  }

  /// `BFLOAT16` holds for a thread: who works opens it around forward passes; the backward passes of
  /// what was computed meanwhile do the same, wherever they run. Of the others nothing does.
  public Scope openForThread() {
    NativeRuntime.start();
    return this == BFLOAT16 ? Autocast.bfloat16()::close : () -> {};
  }

  /// Whether `MEDIUM` is open.
  public static boolean isMedium() {
    return torch.globalContext().float32MatmulPrecision().intern()
        == torch.Float32MatmulPrecision.MEDIUM;
  }

  /// `tensor` as float32 if it is bfloat16, else itself.
  public static Tensor widened(Tensor tensor) {
    return tensor.scalar_type().intern() == torch.ScalarType.BFloat16
        ? tensor.to(torch.ScalarType.Float)
        : tensor;
  }

  /// What is open until it is closed.
  public interface Scope extends AutoCloseable {
    @Override
    void close();
  }
}
