package org.mneme.benchmarks.peers;

import java.nio.file.Path;

/// A case as Mneme runs it.
interface OurCase extends AutoCloseable {
  /// Runs it once; the first time it keeps what [#results] writes.
  Round round();

  /// Writes what the first round gave, one raw file for each tensor, named as `memory.py` names it.
  void results(Path folder);

  /// Writes rows of the table as they are now into the file `rows`.
  void rows(int[] rows, Path folder);

  @Override
  void close();
}
