package org.mneme.data.source;

/// Takes documents, one after the other.
@FunctionalInterface
public interface TextSink {
  /// Takes one; returns whether there may be more.
  boolean accept(SourceText text);
}
