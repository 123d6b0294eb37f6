package org.mneme.data;

import org.mneme.InvalidInputException;

/// How a masked language model's exercises are made. The three shares add up to 1.
///
/// @param probability the share of tokens (of words with [Unit#WHOLE_WORD]) to be guessed, above 0
///   and up to 1
/// @param maskShare of these, the share replaced by the mask token
/// @param randomShare the share replaced by a random token
/// @param keepShare the share left as it is
/// @param unit what is chosen together
/// @param spanLength for spans: the mean of the geometric distribution that their lengths in words
///   are drawn from, from 1 to 10; lengths above 10 are not drawn
public record Masking(
    double probability,
    double maskShare,
    double randomShare,
    double keepShare,
    Unit unit,
    double spanLength) {

  /// What is chosen together.
  public enum Unit {
    /// Single tokens (Devlin et al., BERT, 2018).
    TOKEN,
    /// All tokens of a word.
    WHOLE_WORD,
    /// Words in a row (Joshi et al., SpanBERT, 2020); a span is hidden, replaced or kept as one.
    SPAN
  }

  /// SpanBERT's: the geometric distribution with p = 0.2.
  public static final double SPAN_LENGTH = 5;

  /// 15 %, of which 80 % masked, 10 % random, 10 % kept, token by token: BERT's.
  public static final Masking DEFAULT = new Masking(0.15, 0.8, 0.1, 0.1, Unit.TOKEN, SPAN_LENGTH);

  /// Checks the shares.
  public Masking {
    if (!(probability > 0 && probability <= 1)) {
      throw InvalidInputException.config(
          "masking.probability", probability + " is not above 0 and up to 1");
    }
    requireShare("masking.maskShare", maskShare);
    requireShare("masking.randomShare", randomShare);
    requireShare("masking.keepShare", keepShare);
    double sum = maskShare + randomShare + keepShare;
    if (Math.abs(sum - 1) > 1e-9) {
      throw InvalidInputException.config(
          "masking",
          "maskShare %s + randomShare %s + keepShare %s is %s, it has to be 1"
              .formatted(maskShare, randomShare, keepShare, sum));
    }
    if (!(spanLength >= 1 && spanLength <= 10)) {
      throw InvalidInputException.config(
          "masking.spanLength", spanLength + " is not from 1 to 10 words");
    }
  }

  private static void requireShare(String key, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw InvalidInputException.config(key, share + " is not within 0 and 1");
    }
  }

  /// The same with another share to be guessed.
  public Masking withProbability(double other) {
    return new Masking(other, maskShare, randomShare, keepShare, unit, spanLength);
  }

  /// The same with another unit.
  public Masking withUnit(Unit other) {
    return new Masking(probability, maskShare, randomShare, keepShare, other, spanLength);
  }
}
