package org.mneme.memory.kernel;

import java.util.List;
import java.util.Locale;
import org.mneme.InvalidInputException;

/// Which kernels this process uses, and why. Chosen once, when first asked for.
///
/// The property `mneme.kernels` (`vector`, `plain`, or `torch` for none) decides; without it what
/// the JVM says of itself and its processor does. Where that speaks against vectors, a measurement
/// of a few milliseconds decides: the Vector API is slow where the JVM cannot compile it to this
/// processor's instructions. It is no judge where it need not be: on a machine that is busy,
/// vectors lose before they are compiled.
///
/// @param kernels the inner loops; plain ones stand in where libtorch's operations were asked for
/// @param torch whether libtorch's operations were asked for in their place
/// @param reason in words
public record KernelChoice(Kernels kernels, boolean torch, String reason) {
  /// The property that forces a choice.
  public static final String PROPERTY = "mneme.kernels";

  /// The name of what was chosen: `vector`, `plain` or `torch`.
  public String name() {
    return torch ? "torch" : kernels.name();
  }

  /// The choice of this process.
  public static KernelChoice get() {
    return Chosen.CHOICE;
  }

  private static final class Chosen {
    static final KernelChoice CHOICE = choose();
  }

  /// Whether code with the Vector API becomes vector instructions, by what the JVM says of itself:
  /// for work that may be over before a measurement would. [#PROPERTY] decides here too.
  public static boolean compilesVectors() {
    return Compiled.VECTORS;
  }

  private static final class Compiled {
    static final boolean VECTORS = compiles();

    private static boolean compiles() {
      String asked = asked();
      if (!List.of("", "vector").contains(asked) || !VectorModule.load()) {
        return false;
      }
      String compiler = System.getProperty("java.vm.info", "");
      boolean optimises = compiler.contains("mixed mode") && !compiler.contains("emulated-client");
      return asked.equals("vector") || (optimises && VectorNumbers.areWide());
    }
  }

  private static String asked() {
    return System.getProperty(PROPERTY, "").toLowerCase(Locale.ROOT);
  }

  private static KernelChoice choose() {
    String asked = asked();
    boolean module = VectorModule.load();
    return switch (asked) {
      case "plain" -> new KernelChoice(Kernels.plain(), false, "asked for by " + PROPERTY);
      case "torch" -> new KernelChoice(Kernels.plain(), true, "asked for by " + PROPERTY);
      case "vector" -> {
        if (!module) {
          throw InvalidInputException.config(
              PROPERTY,
              "vector needs the JVM's option --add-modules " + VectorModule.NAME + "; add it");
        }
        yield new KernelChoice(Kernels.vector(), false, "asked for by " + PROPERTY);
      }
      case "" -> {
        if (!module) {
          yield new KernelChoice(Kernels.plain(), false, "no --add-modules " + VectorModule.NAME);
        }
        yield compilesVectors()
            ? new KernelChoice(Kernels.vector(), false, "the JVM compiles wide vectors")
            : measured();
      }
      default ->
          throw InvalidInputException.config(
              PROPERTY, asked + " is none of vector, plain, torch; take one or leave it out");
    };
  }

  private static KernelChoice measured() {
    Kernels vector = Kernels.vector();
    Kernels plain = Kernels.plain();
    var trial = new KernelTrial();
    KernelTrial.Times times = trial.run(vector.rows(), plain.rows());
    String reason =
        String.format(
            Locale.ROOT,
            "measured: %.0f us with vectors, %.0f us in plain Java",
            times.first() / 1e3,
            times.second() / 1e3);
    return new KernelChoice(times.first() <= times.second() ? vector : plain, false, reason);
  }
}
