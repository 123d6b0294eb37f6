package org.mneme.app.cli;

/// The exit codes of the command line. Those of [org.mneme.InvalidInputException.Kind] (3, 4, 5, 7)
/// come from the library; 130 and 143 (a signal) from the JVM.
public final class ExitCode {
  /// All went well.
  public static final int OK = 0;

  /// It failed while it ran.
  public static final int FAILED = 1;

  /// The command line cannot be understood.
  public static final int USAGE = 2;

  /// Memory ran out, the JVM's or libtorch's.
  public static final int OUT_OF_MEMORY = 6;

  /// The machine or the installation lacks something.
  public static final int ENVIRONMENT = 7;

  /// Stopped on request, with a checkpoint or shards to go on from.
  public static final int STOPPED = 75;

  private ExitCode() {}
}
