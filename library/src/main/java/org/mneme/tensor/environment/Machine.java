package org.mneme.tensor.environment;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The hardware and the operating system, read from `/proc` and `/sys` where there are such.
final class Machine {
  /// The vector extensions worth naming, as Linux spells them, for x86 and then for ARM.
  private static final List<String> SIMD =
      List.of(
          "avx2",
          "fma",
          "avx512f",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "amx_tile",
          "amx_bf16",
          "amx_int8",
          "asimd",
          "bf16",
          "i8mm",
          "sve");

  private static final long UNKNOWN = -1;

  private Machine() {}

  static Environment.OperatingSystem operatingSystem() {
    return new Environment.OperatingSystem(
        System.getProperty("os.name", ""),
        System.getProperty("os.version", ""),
        System.getProperty("os.arch", ""));
  }

  static Environment.Cpu cpu() {
    Map<String, String> info = fields(Path.of("/proc/cpuinfo"));
    String model =
        info.getOrDefault(
            "model name", System.getenv().getOrDefault("PROCESSOR_IDENTIFIER", "unknown"));
    String flags = info.getOrDefault("flags", info.getOrDefault("Features", ""));
    Set<String> has = Set.copyOf(Arrays.asList(flags.split(" ")));
    return new Environment.Cpu(
        model,
        Runtime.getRuntime().availableProcessors(),
        SIMD.stream().filter(has::contains).toList());
  }

  static Environment.Memory memory() {
    Map<String, String> info = fields(Path.of("/proc/meminfo"));
    long total = kilobytes(info.get("MemTotal"));
    long available = kilobytes(info.get("MemAvailable"));
    if (total == UNKNOWN
        && ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
      total = system.getTotalMemorySize();
      available = system.getFreeMemorySize();
    }
    return new Environment.Memory(
        total, available, cgroupLimit(), Runtime.getRuntime().maxMemory());
  }

  private static long kilobytes(@org.jspecify.annotations.Nullable String value) {
    return value == null ? UNKNOWN : Long.parseLong(value.replace(" kB", "").strip()) * 1024;
  }

  /// The smallest limit of this process's control groups, of version 2 or 1.
  private static long cgroupLimit() {
    long limit = Long.MAX_VALUE;
    Path root = Path.of("/sys/fs/cgroup");
    for (String line : lines(Path.of("/proc/self/cgroup"))) {
      String[] parts = line.split(":", 3); // number, controllers, path
      if (parts.length < 3) {
        continue;
      }
      Path group = Path.of("/").relativize(Path.of(parts[2]));
      for (Path at = group; at != null; at = at.getParent()) {
        limit = Math.min(limit, limit(root.resolve(at).resolve("memory.max")));
        limit =
            Math.min(
                limit, limit(root.resolve("memory").resolve(at).resolve("memory.limit_in_bytes")));
      }
    }
    limit = Math.min(limit, limit(root.resolve("memory.max")));
    limit = Math.min(limit, limit(root.resolve("memory/memory.limit_in_bytes")));
    return limit >= Long.MAX_VALUE / 4
        ? UNKNOWN
        : limit; // version 1 writes "none" as a huge number
  }

  private static long limit(Path file) {
    List<String> lines = lines(file);
    return lines.isEmpty() || !lines.getFirst().matches("\\d{1,18}")
        ? Long.MAX_VALUE
        : Long.parseLong(lines.getFirst());
  }

  /// The first value of each `name: value` line.
  private static Map<String, String> fields(Path file) {
    Map<String, String> fields = new HashMap<>();
    for (String line : lines(file)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        fields.putIfAbsent(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
      }
    }
    return fields;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      return List.of();
    }
  }
}
