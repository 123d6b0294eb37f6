package org.mneme.config;

/// Where a setting stands.
///
/// @param source a file, or an option of the command line
/// @param line counted from 1, 0 for none
/// @param column counted from 1
record Place(String source, int line, int column) {
  /// All of `source`.
  static Place of(String source) {
    return new Place(source, 0, 0);
  }

  @Override
  public String toString() {
    return line == 0 ? source : source + ":" + line + ":" + column;
  }
}
