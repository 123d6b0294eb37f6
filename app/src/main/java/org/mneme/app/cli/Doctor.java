package org.mneme.app.cli;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.mneme.memory.kernel.KernelChoice;
import org.mneme.tensor.environment.Environment;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Looks at the machine and the installation, and says what is wrong and how to mend it.
@Command(
    name = "doctor",
    description = "Check this machine and the installation.",
    footer = {"", "Exit code 0 if all is well, 7 if something has to be mended."})
final class Doctor implements Callable<Integer> {
  private final Console console;

  @Option(names = "--json", description = "Print the findings as JSON.")
  private boolean json;

  Doctor(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Environment found = Environment.gather(kernels());
    if (json) {
      console.json(found);
    } else {
      print(found);
    }
    return found.ok() ? ExitCode.OK : ExitCode.ENVIRONMENT;
  }

  private static String kernels() {
    KernelChoice choice = KernelChoice.get();
    return choice.name() + ", " + choice.reason();
  }

  private void print(Environment found) {
    row(
        "java",
        found.java().version() + " (" + found.java().vendor() + "), " + found.java().home());
    row("system", found.os().name() + " " + found.os().version() + ", " + found.platform());
    row("cpu", found.cpu().model() + ", " + found.cpu().cores() + " cores");
    row("simd", listed(found.cpu().simd()));
    found
        .libtorch()
        .ifPresentOrElse(
            libtorch -> {
              row("libtorch", libtorch.binding() + ", kernels for " + libtorch.cpuCapability());
              row("blas", libtorch.blas());
            },
            () -> row("libtorch", "not loaded"));
    row("kernels", found.kernels());
    row("threads", found.threads().torch() + ", idle ones wait " + found.threads().waitPolicy());
    row("memory", memory(found.memory()));
    row("tokenizers", found.tokenizers());
    for (Environment.Cache cache : found.caches()) {
      row("cache", "%s: %s, %s".formatted(cache.name(), size(cache.bytes()), cache.folder()));
    }
    row("foreign", listed(found.foreignLibraries()));
    row("check", check(found.check()));
    console.result("");
    if (found.ok()) {
      console.result("All is well.");
    }
    for (Environment.Problem problem : found.problems()) {
      console.result("PROBLEM  " + problem.what().lines().findFirst().orElse(""));
      console.result("         " + problem.remedy());
    }
  }

  private static String memory(Environment.Memory memory) {
    String limit =
        memory.cgroupLimit() < 0 ? "" : ", container limit " + size(memory.cgroupLimit());
    return "%s, %s available%s, Java heap up to %s"
        .formatted(size(memory.total()), size(memory.available()), limit, size(memory.maxHeap()));
  }

  private static String check(Environment.Check check) {
    String result =
        check.worstError() < 0 ? " could not be tried" : check.passed() ? " is right" : " is WRONG";
    return check.what() + result;
  }

  private void row(String name, String value) {
    console.result("%-11s %s".formatted(name, value));
  }

  private static String listed(List<String> values) {
    return values.isEmpty() ? "none" : String.join(" ", values);
  }

  private static String size(long bytes) {
    if (bytes < 0) {
      return "unknown";
    }
    return bytes < 1L << 30
        ? String.format(Locale.ROOT, "%d MB", bytes >> 20)
        : String.format(Locale.ROOT, "%.1f GB", bytes / (double) (1L << 30));
  }
}
