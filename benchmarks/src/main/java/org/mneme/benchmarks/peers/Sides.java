package org.mneme.benchmarks.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.mneme.tensor.environment.Environment;

/// How the two child processes are started, and whether there is memory for them.
///
/// @param python of the virtual environment
/// @param script `memory.py`
record Sides(String python, String script) {
  private static final long BESIDES_TABLES = 1_600L << 20; // libraries, activations, inputs
  private static final long RESERVE = 1L << 30; // for everybody else

  /// Ours, see [#ours(String, Class, int)].
  Side ours() {
    return ours("ours", OurSide.class, 1);
  }

  /// Ours, on this JVM's Java and class path, with the flags that the launcher passes.
  ///
  /// @param arenas of glibc: the launcher's number for what is compared
  static Side ours(String name, Class<?> main, int arenas) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--add-exports=java.base/jdk.internal.module=ALL-UNNAMED"); // as the launcher
    command.add("-XX:+UseParallelGC");
    command.add("-XX:MaxNewSize=96m");
    command.add("-Xmx1g");
    String options = System.getenv().getOrDefault("MNEME_JAVA_OPTS", "");
    Stream.of(options.split(" ")).filter(option -> !option.isBlank()).forEach(command::add);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    return new Side(name, command, Map.of("MALLOC_ARENA_MAX", Integer.toString(arenas)));
  }

  /// The peer in one of its modes.
  Side peer(Mode mode) {
    return new Side("peer " + mode.id(), List.of(python, script), mode.environment());
  }

  /// Bytes that a side needs for a case.
  static long bytes(Shape shape, Mode mode) {
    return (long) (mode.tables() * shape.tableBytes()) + BESIDES_TABLES;
  }

  /// Bytes of memory that may be used without driving anything out of it.
  static long available() {
    long available = Environment.Memory.now().available();
    return available < 0 ? Long.MAX_VALUE : available - RESERVE;
  }
}
