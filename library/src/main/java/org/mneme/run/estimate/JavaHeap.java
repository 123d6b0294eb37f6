package org.mneme.run.estimate;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.Locale;

/// How much of the Java heap a run touches: new objects fill the young generation before any of
/// them is collected.
final class JavaHeap {
  /// Where nothing bounds it, the young generation of a run stays about as small as this.
  private static final long USUAL = 450_000_000;

  private JavaHeap() {}

  /// Bytes of the young generation.
  static long young() {
    long bytes = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      String name = pool.getName().toLowerCase(Locale.ROOT);
      if (pool.getType() == MemoryType.HEAP && name.contains("eden")) {
        bytes += Math.max(0, pool.getUsage().getMax());
      }
    }
    return bytes == 0 ? USUAL : Math.min(bytes, USUAL);
  }
}
