package org.mneme.data.task;

import org.mneme.data.source.BadKind;

/// A record cannot be used; caught where the file's account is kept.
final class BadRecord extends Exception {
  private static final long serialVersionUID = 1L;

  private final BadKind kind;

  BadRecord(BadKind kind, String what) {
    super(what, null, false, false);
    this.kind = kind;
  }

  BadKind kind() {
    return kind;
  }

  String what() {
    return String.valueOf(getMessage());
  }
}
