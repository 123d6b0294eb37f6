package org.mneme.app.cli;

/// How a long command tells on stderr how far it is. The names are those of `--progress`.
public enum ProgressStyle {
  /// A bar if stderr is a terminal, else plain lines.
  auto,
  /// A line now and then.
  plain,
  /// A JSON object now and then, one a line.
  json,
  /// Nothing.
  none,
  /// One line that is written over; needs a terminal.
  bar
}
