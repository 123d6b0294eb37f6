package org.mneme.data;

import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// What happens to records that cannot be used: broken, empty, or without their text.
public record BadRecordsConfig(
    @Described("fail stops at the first, skip leaves all out, limit leaves up to limit out.")
        Policy policy,
    @Described("The most bad records with policy limit, at least 0.") long limit) {

  /// The choices.
  public enum Policy {
    /// The first one is an error.
    FAIL,
    /// They are left out and counted.
    SKIP,
    /// They are left out and counted; more than `limit` are an error.
    LIMIT
  }

  /// The first bad record is an error.
  public static final BadRecordsConfig DEFAULT = new BadRecordsConfig(Policy.FAIL, 0);

  /// Checks the number.
  public BadRecordsConfig {
    if (limit < 0) {
      throw InvalidInputException.config(
          "data.badRecords.limit", limit + " is below 0; policy skip sets no limit");
    }
  }

  /// How many may be left out.
  public long allowed() {
    return switch (policy) {
      case FAIL -> 0;
      case SKIP -> Long.MAX_VALUE;
      case LIMIT -> limit;
    };
  }
}
