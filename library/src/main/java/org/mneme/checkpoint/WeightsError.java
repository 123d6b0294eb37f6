package org.mneme.checkpoint;

import org.mneme.InvalidInputException;

/// The one shape of this package's errors: the file, the tensor if there is one, what was found,
/// the remedy.
final class WeightsError {
  /// The remedy for a file whose bytes are not what its writer wrote.
  static final String FETCH_AGAIN =
      "the file is damaged or incomplete: copy, download or save it again";

  private static final int LONGEST_QUOTE = 120;

  private WeightsError() {}

  static InvalidInputException file(Object file, String found, String remedy) {
    return new InvalidInputException(
        InvalidInputException.Kind.WEIGHTS, file.toString(), file + ": " + found + "; " + remedy);
  }

  static InvalidInputException file(Object file, String found, String remedy, Throwable cause) {
    return new InvalidInputException(
        InvalidInputException.Kind.WEIGHTS,
        file.toString(),
        file + ": " + found + "; " + remedy,
        cause);
  }

  static InvalidInputException tensor(Object file, String name, String found, String remedy) {
    return new InvalidInputException(
        InvalidInputException.Kind.WEIGHTS,
        name,
        file + ": tensor " + quote(name) + " " + found + "; " + remedy);
  }

  /// `text` in quotation marks, cut where a damaged file made it absurdly long.
  static String quote(String text) {
    return text.length() <= LONGEST_QUOTE
        ? "\"" + text + "\""
        : "\"" + text.substring(0, LONGEST_QUOTE) + "...\" (" + text.length() + " characters)";
  }
}
