package org.mneme.data;

import org.mneme.InvalidInputException;

/// How a masked language model's exercises are made. The three shares add up to 1.
///
/// @param probability the share of tokens (of words with `wholeWord`) to be guessed, above 0 and up
///   to 1
/// @param maskShare of these, the share replaced by the mask token
/// @param randomShare the share replaced by a random token
/// @param keepShare the share left as it is
/// @param wholeWord whether words are chosen, all their tokens together, rather than tokens
public record Masking(
    double probability, double maskShare, double randomShare, double keepShare, boolean wholeWord) {

  /// 15 %, of which 80 % masked, 10 % random, 10 % kept, token by token: BERT's.
  public static final Masking DEFAULT = new Masking(0.15, 0.8, 0.1, 0.1, false);

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
  }

  private static void requireShare(String key, double share) {
    if (!(share >= 0 && share <= 1)) {
      throw InvalidInputException.config(key, share + " is not within 0 and 1");
    }
  }
}
