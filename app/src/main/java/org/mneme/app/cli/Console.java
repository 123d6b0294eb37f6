package org.mneme.app.cli;

import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.mneme.InvalidInputException;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Where commands write: results to stdout, everything else to stderr, as the global options want
/// it.
///
/// The options are set while the command line is read, before a command runs.
public final class Console {
  private final ResultStream results;
  private final PrintStream out;
  private final PrintStream err;
  private final Map<String, String> environment;
  private boolean quiet;
  private boolean verbose;
  private ProgressStyle progress = ProgressStyle.auto;

  /// A console that writes to `out` and `err`.
  public Console(OutputStream out, PrintStream err) {
    this(out, err, System.getenv());
  }

  Console(OutputStream out, PrintStream err, Map<String, String> environment) {
    this.results = new ResultStream(out);
    this.out = new PrintStream(new BufferedOutputStream(results), false, StandardCharsets.UTF_8);
    this.err = err;
    this.environment = environment;
  }

  /// The stream of results; whoever writes to it flushes it.
  public PrintStream out() {
    return out;
  }

  /// Writes out what is printed so far; returns whether somebody may be reading on.
  ///
  /// @throws InvalidInputException of kind ENVIRONMENT when it could not be written
  boolean isRead() {
    out.flush();
    return results.isRead();
  }

  /// The stream of everything that is not a result.
  public PrintStream err() {
    return err;
  }

  /// Prints a line of the result.
  public void result(String line) {
    out.println(line);
    out.flush();
  }

  /// Prints a piece of a line of the result.
  void piece(String text) {
    out.print(text);
    out.flush();
  }

  /// Prints the result for machines: a record, map or list as JSON.
  public void json(Object value) {
    result(Json.MAPPER.writeValueAsString(value));
  }

  /// Tells the user something in passing, unless `--quiet`.
  public void note(String line) {
    if (!quiet) {
      err.println(line);
    }
  }

  /// Tells the user what helps to find a fault, if `--verbose`.
  public void detail(String line) {
    if (verbose) {
      err.println(line);
    }
  }

  /// Tells the user what went wrong, in one line.
  public void error(String line) {
    err.println("mneme: " + line);
  }

  /// Whether the user wants only results and errors.
  public boolean quiet() {
    return quiet;
  }

  void quiet(boolean quiet) {
    this.quiet = quiet;
  }

  /// Whether the user wants details.
  public boolean verbose() {
    return verbose;
  }

  void verbose(boolean verbose) {
    this.verbose = verbose;
  }

  /// How to tell progress: never `auto`.
  public ProgressStyle progress() {
    if (quiet) {
      return ProgressStyle.none;
    }
    if (progress != ProgressStyle.auto) {
      return progress;
    }
    return Boolean.getBoolean("mneme.terminal.stderr") && !dumb()
        ? ProgressStyle.bar
        : ProgressStyle.plain;
  }

  void progress(ProgressStyle progress) {
    this.progress = progress;
  }

  /// Whether results may be coloured: stdout is a terminal and the user did not set `NO_COLOR`.
  public boolean colour() {
    return Boolean.getBoolean("mneme.terminal.stdout")
        && environment.getOrDefault("NO_COLOR", "").isEmpty()
        && !dumb();
  }

  private boolean dumb() {
    return environment.getOrDefault("TERM", "").equals("dumb");
  }

  /// Apart, so that Jackson is loaded only when JSON is written.
  private static final class Json {
    static final JsonMapper MAPPER =
        JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();
  }
}
