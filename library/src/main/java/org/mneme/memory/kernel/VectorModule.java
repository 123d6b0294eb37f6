package org.mneme.memory.kernel;

/// The module of the Vector API, `jdk.incubator.vector`, which no JVM loads unasked.
///
/// Asked with `--add-modules jdk.incubator.vector` a JVM prints a warning and starts more slowly.
/// With `--add-exports=java.base/jdk.internal.module=ALL-UNNAMED` instead, as the launcher starts
/// it, the module is loaded here, when kernels are first wanted, the way the JVM itself loads
/// java.instrument for an agent. Where neither was said, or a later JDK has it otherwise, there is
/// no Vector API.
final class VectorModule {
  static final String NAME = "jdk.incubator.vector";

  private VectorModule() {}

  /// Loads the module unless it is there; false if it cannot be had. Before this no class that uses
  /// the Vector API may be touched.
  static boolean load() {
    if (ModuleLayer.boot().findModule(NAME).isPresent()) {
      return true;
    }
    try {
      Object module =
          Class.forName("jdk.internal.module.Modules")
              .getMethod("loadModule", String.class)
              .invoke(null, NAME);
      return module instanceof Module;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }
}
