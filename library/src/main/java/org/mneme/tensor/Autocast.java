package org.mneme.tensor;

import org.bytedeco.pytorch.global.torch;

/// While it is open, libtorch computes products of matrices on the opening thread in bfloat16
/// (torch.autocast on the CPU): inputs are rounded to 8 bits, sums are those of float32, results
/// are rounded again. Twice as fast on processors that have such products; others take longer.
/// Backward passes of what was computed inside do the same, wherever they run. Parameters and their
/// gradients stay float32.
public final class Autocast implements AutoCloseable {
  private static final torch.DeviceType CPU = torch.DeviceType.CPU;

  private final boolean enabled = torch.is_autocast_enabled(CPU);
  private final boolean cached = torch.is_autocast_cache_enabled();
  private final torch.ScalarType type = torch.get_autocast_dtype(CPU).intern();

  private Autocast() {}

  /// Opens it, on this thread.
  public static Autocast bfloat16() {
    Autocast before = new Autocast();
    torch.set_autocast_dtype(CPU, torch.ScalarType.BFloat16);
    torch.set_autocast_cache_enabled(false); // a cache would outlive changes of the weights
    torch.set_autocast_enabled(CPU, true);
    return before;
  }

  /// Whether it is open on this thread.
  public static boolean isOpen() {
    return torch.is_autocast_enabled(CPU);
  }

  /// Closes it for a while.
  public static Autocast off() {
    Autocast before = new Autocast();
    torch.set_autocast_enabled(CPU, false);
    return before;
  }

  /// Restores what was before it was opened.
  @Override
  public void close() {
    torch.set_autocast_enabled(CPU, enabled);
    torch.set_autocast_cache_enabled(cached);
    torch.set_autocast_dtype(CPU, type);
  }
}
