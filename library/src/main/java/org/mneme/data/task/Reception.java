package org.mneme.data.task;

import org.mneme.data.source.BadRecords;

/// Takes the examples of a file, good and bad.
interface Reception<E> {
  /// Makes an example, or says what is wrong with it.
  interface Supply<E> {
    E get() throws BadRecord;
  }

  /// The account of bad records.
  BadRecords bad();

  /// How files are read.
  TaskReading reading();

  /// Takes the example at `place`; returns whether there may be more.
  boolean take(Place place, Supply<E> supply);
}
