package org.mneme.data.source;

import java.util.Locale;

/// Why a record cannot be used.
public enum BadKind {
  /// Its bytes are no UTF-8.
  INVALID_UTF8,
  /// Its line is no JSON object.
  BROKEN_JSON,
  /// It has another number of fields than the header, or a quote in the wrong place.
  BROKEN_ROW,
  /// It has no such key.
  MISSING_COLUMN,
  /// What stands under the key is no text, number or list, whichever is wanted.
  WRONG_TYPE,
  /// Its text is empty or blank.
  EMPTY,
  /// It has no label where one is needed.
  MISSING_LABEL,
  /// Its label is none of those that are known.
  UNKNOWN_LABEL,
  /// Its answer does not stand where it should in the context.
  WRONG_ANSWER;

  /// As users read it: `broken-json`.
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
