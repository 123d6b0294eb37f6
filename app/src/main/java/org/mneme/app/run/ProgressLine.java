package org.mneme.app.run;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.mneme.app.cli.Console;
import org.mneme.app.cli.ProgressStyle;
import tools.jackson.databind.json.JsonMapper;

/// Tells on stderr how far a long job is, at most so often: one line written over on a terminal,
/// plain lines or JSON elsewhere.
public final class ProgressLine {
  private static final long NANOS = 1_000_000_000L;
  private static final int BAR_SECONDS = 1;
  private static final int LINE_SECONDS = 10;
  private static final int WIDTH = 20;

  private final Console console;
  private final ProgressStyle style;
  private long last = Long.MIN_VALUE;
  private int written;

  /// A line of `console`, in the style that its options ask for.
  public ProgressLine(Console console) {
    this.console = console;
    this.style = console.progress();
  }

  /// Whether it is time to say something.
  public boolean due() {
    long seconds = style == ProgressStyle.bar ? BAR_SECONDS : LINE_SECONDS;
    return style != ProgressStyle.none
        && (last == Long.MIN_VALUE || System.nanoTime() - last >= seconds * NANOS);
  }

  /// Says how far `job` is.
  ///
  /// @param share done, in [0, 1]
  /// @param facts by name, in order
  public void tell(String job, double share, Map<String, String> facts) {
    last = System.nanoTime();
    String told =
        facts.entrySet().stream()
            .map(fact -> fact.getKey() + " " + fact.getValue())
            .collect(Collectors.joining("  "));
    switch (style) {
      case bar -> overwrite("%s %s %s".formatted(job, bar(share), told));
      case plain, auto ->
          console.err().println("%s %3.0f %%  %s".formatted(job, 100 * share, told));
      case json -> {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("job", job);
        line.put("done", share);
        line.putAll(facts);
        console.err().println(JsonMapper.shared().writeValueAsString(line));
      }
      case none -> {}
    }
  }

  /// Ends the line that is written over.
  public void end() {
    if (style == ProgressStyle.bar && written > 0) {
      console.err().print("\r" + " ".repeat(written) + "\r");
      console.err().flush();
      written = 0;
    }
    last = Long.MIN_VALUE;
  }

  private void overwrite(String line) {
    console.err().print("\r" + line + " ".repeat(Math.max(0, written - line.length())));
    console.err().flush();
    written = line.length();
  }

  private static String bar(double share) {
    int full = (int) Math.round(Math.clamp(share, 0.0, 1.0) * WIDTH);
    return "[" + "#".repeat(full) + "-".repeat(WIDTH - full) + "]";
  }

  /// Seconds as a person reads them.
  public static String time(double seconds) {
    if (Double.isNaN(seconds)) {
      return "?";
    }
    long whole = Math.round(seconds);
    return whole < 60
        ? whole + " s"
        : String.format(Locale.ROOT, "%d:%02d min", whole / 60, whole % 60);
  }

  /// Bytes as a person reads them.
  public static String size(long bytes) {
    return bytes < 1L << 30
        ? String.format(Locale.ROOT, "%d MB", bytes >> 20)
        : String.format(Locale.ROOT, "%.2f GB", bytes / (double) (1L << 30));
  }
}
