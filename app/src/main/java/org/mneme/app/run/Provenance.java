package org.mneme.app.run;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mneme.Version;
import org.mneme.memory.kernel.KernelChoice;
import org.mneme.tensor.environment.Environment;

/// Where figures come from: versions, machine and date, for pages and run folders.
public final class Provenance {
  private Provenance() {}

  /// Short facts for under a page's title.
  public static String[] byline() {
    Version version = Version.current();
    return new String[] {
      "mneme " + version.mneme() + " (" + version.commit() + ")",
      LocalDate.now(ZoneOffset.UTC).toString()
    };
  }

  /// All facts by name.
  public static Map<String, String> facts() {
    Version version = Version.current();
    Environment environment = Environment.gather(KernelChoice.get().name());
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("mneme", version.mneme() + ", commit " + version.commit());
    facts.put("date", LocalDate.now(ZoneOffset.UTC).toString());
    facts.put("java", environment.java().version() + " (" + environment.java().vendor() + ")");
    facts.put("libtorch", version.libtorch());
    facts.put("system", environment.os().name() + ", " + environment.platform());
    facts.put("processor", environment.cpu().model() + ", " + environment.cpu().cores() + " cores");
    facts.put("threads", Integer.toString(environment.threads().torch()));
    facts.put("kernels", environment.kernels());
    return facts;
  }

  /// A command line as it can be typed again.
  ///
  /// @param arguments all of them, the subcommand too
  public static String command(List<String> arguments) {
    return Stream.concat(Stream.of("./mneme"), arguments.stream().map(Provenance::quoted))
        .collect(Collectors.joining(" "));
  }

  /// In quotation marks where a shell would take it for something else, such as a glob.
  private static String quoted(String argument) {
    return argument.matches("[\\w./:=,@%+-]+")
        ? argument
        : "'" + argument.replace("'", "'\\''") + "'";
  }
}
