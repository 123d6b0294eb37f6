package org.mneme;

/// Says what the user can fix: which file, key or shape is wrong, the value found and the remedy.
///
/// The command line prints the message alone and exits with [Kind#exitCode()].
public final class InvalidInputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// What has to be mended.
  public enum Kind {
    /// A setting is unknown, misspelt or out of range.
    CONFIG(3),
    /// A text, data or tokenizer file cannot be used.
    DATA(4),
    /// Weights are missing, damaged, or of another shape than the model's.
    WEIGHTS(5),
    /// The machine or the installation lacks something.
    ENVIRONMENT(7);

    private final int exitCode;

    Kind(int exitCode) {
      this.exitCode = exitCode;
    }

    /// The exit code of the command line for this kind of error.
    public int exitCode() {
      return exitCode;
    }
  }

  private final Kind kind;
  private final String key;

  /// An error about `key` (a setting, a file, a tensor); `message` holds the value and the remedy.
  public InvalidInputException(Kind kind, String key, String message) {
    super(message);
    this.kind = kind;
    this.key = key;
  }

  /// The same with the exception that led to it.
  public InvalidInputException(Kind kind, String key, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.key = key;
  }

  /// A setting that cannot be used.
  public static InvalidInputException config(String key, String message) {
    return new InvalidInputException(Kind.CONFIG, key, key + ": " + message);
  }

  /// What has to be mended.
  public Kind kind() {
    return kind;
  }

  /// The setting, file or tensor that the message speaks of.
  public String key() {
    return key;
  }
}
