package org.mneme.text;

import org.mneme.InvalidInputException;

/// How texts become tokens: added tokens, the longest length, what is cut and what is filled up.
///
/// What a `tokenizer.json` says about truncation and padding lengths does not count, this does; the
/// sides come from the tokenizer's files.
///
/// @param specialTokens whether `[CLS]`, `[SEP]` and the like are added
/// @param maxLength at most so many tokens, added ones included; [#UNLIMITED] cuts nothing
/// @param truncation which text of a pair is cut
/// @param padding to which length shorter encodings are filled up
/// @param multipleOf padded lengths are rounded up to a multiple of this
public record EncodingOptions(
    boolean specialTokens, int maxLength, Truncation truncation, Padding padding, int multipleOf) {

  /// No limit.
  public static final int UNLIMITED = Integer.MAX_VALUE;

  /// Special tokens, nothing cut, nothing padded.
  public static final EncodingOptions DEFAULT =
      new EncodingOptions(true, UNLIMITED, Truncation.LONGEST_FIRST, Padding.NONE, 1);

  /// Which text of a pair gives way when both are too long together; a single text always does.
  public enum Truncation {
    /// The longer one until both are of one length, then both alike.
    LONGEST_FIRST,
    /// The first only: the context of a question that stands second.
    ONLY_FIRST,
    /// The second only: the context of a question that stands first.
    ONLY_SECOND
  }

  /// The length to fill up to.
  public enum Padding {
    /// No padding.
    NONE,
    /// That of the longest encoding in the batch.
    LONGEST,
    /// `maxLength`.
    MAX_LENGTH
  }

  /// Checks the numbers.
  public EncodingOptions {
    if (maxLength < 1) {
      throw InvalidInputException.config("maxLength", maxLength + " is below 1");
    }
    if (multipleOf < 1) {
      throw InvalidInputException.config("multipleOf", multipleOf + " is below 1");
    }
    if (padding == Padding.MAX_LENGTH && maxLength == UNLIMITED) {
      throw InvalidInputException.config(
          "padding", "MAX_LENGTH needs a maxLength; set it or pad to LONGEST");
    }
  }

  /// The same without added tokens.
  public EncodingOptions withoutSpecialTokens() {
    return new EncodingOptions(false, maxLength, truncation, padding, multipleOf);
  }

  /// The same with another limit.
  public EncodingOptions withMaxLength(int limit) {
    return new EncodingOptions(specialTokens, limit, truncation, padding, multipleOf);
  }

  /// The same with another rule for pairs.
  public EncodingOptions withTruncation(Truncation rule) {
    return new EncodingOptions(specialTokens, maxLength, rule, padding, multipleOf);
  }

  /// The same with another padding.
  public EncodingOptions withPadding(Padding rule) {
    return new EncodingOptions(specialTokens, maxLength, truncation, rule, multipleOf);
  }

  /// The same with padded lengths rounded up.
  public EncodingOptions withMultipleOf(int multiple) {
    return new EncodingOptions(specialTokens, maxLength, truncation, padding, multiple);
  }
}
