package org.mneme.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mneme.Version;
import org.mneme.memory.MemoryEngine;
import org.mneme.tensor.environment.Environment;

/// Where and with what a measurement ran.
///
/// @param machine the hardware and the system
/// @param versions of everything that took part, by name
public record Setting(Machine machine, Map<String, String> versions) {
  /// The hardware and the system.
  ///
  /// @param memoryBytes of the machine
  /// @param simd vector extensions
  public record Machine(String cpu, int cores, List<String> simd, long memoryBytes, String os) {}

  /// This process's. Starts libtorch.
  public static Setting here() {
    Environment environment = Environment.gather(MemoryEngine.chosen().name());
    Version version = Version.current();
    Map<String, String> versions = new LinkedHashMap<>();
    versions.put("mneme", version.mneme());
    versions.put("commit", version.commit());
    versions.put("kernels", MemoryEngine.chosen().name());
    versions.put("libtorch", version.libtorch());
    versions.put("java", Runtime.version().toString());
    Machine machine =
        new Machine(
            environment.cpu().model(),
            environment.cpu().cores(),
            environment.cpu().simd(),
            environment.memory().total(),
            environment.os().name() + " " + environment.os().version());
    return new Setting(machine, versions);
  }

  /// This with further versions.
  public Setting with(Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(versions);
    all.putAll(more);
    return new Setting(machine, all);
  }
}
