package org.mneme.app.quickstart;

import java.nio.file.Path;
import org.mneme.InvalidInputException;

/// What the user may choose.
///
/// @param seed of the choice of facts, batches, masks and fresh weights
/// @param facts glosses to be taught
/// @param heldOut glosses that nothing is trained on
/// @param keysPerSide half-keys on each side of the memory; it has their square as slots
/// @param minutes of training, all parts together
/// @param out folder for the models, the page and the figures
/// @param offline whether nothing may be downloaded
public record QuickstartSettings(
    long seed, int facts, int heldOut, int keysPerSide, double minutes, Path out, boolean offline) {

  /// The share of the time in which the masked-LM head is trained; the variants have a third of the
  /// rest each.
  private static final double HEAD_SHARE = 0.4;

  /// Checks ranges.
  public QuickstartSettings {
    if (facts < 16 || facts > 50_000) {
      throw InvalidInputException.config("--facts", facts + " must be from 16 to 50000");
    }
    if (keysPerSide < 32) {
      throw InvalidInputException.config("--keys-per-side", keysPerSide + " must be at least 32");
    }
    if (!(minutes > 0)) {
      throw InvalidInputException.config("--minutes", minutes + " must be above 0");
    }
  }

  /// Seconds in which the head is trained.
  double headSeconds() {
    return minutes * 60 * HEAD_SHARE;
  }

  /// Seconds in which each variant is trained, the same for all.
  double variantSeconds() {
    return minutes * 60 * (1 - HEAD_SHARE) / 3;
  }
}
