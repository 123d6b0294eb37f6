package org.mneme.memory;

import java.nio.file.Files;
import java.nio.file.Path;
import org.mneme.InvalidInputException;
import org.mneme.tensor.LargeMemory;

/// Where the rows of tables lie, and what optimisers keep for each of them.
///
/// Both are working memory: they are gone when the process ends, and what lasts is the model folder
/// and the checkpoint.
public sealed interface TableStorage {
  /// The property that names the folder of [InFiles]; without it tables are in memory.
  String PROPERTY = "mneme.tables";

  /// Zeros.
  LargeMemory allocate(long bytes);

  /// The storage of this process, see [#PROPERTY].
  ///
  /// @throws InvalidInputException of kind CONFIG if what is named is no folder that can be written
  static TableStorage chosen() {
    String folder = System.getProperty(PROPERTY, "");
    if (folder.isEmpty()) {
      return new InMemory();
    }
    Path path = Path.of(folder);
    if (!Files.isDirectory(path) || !Files.isWritable(path)) {
      throw InvalidInputException.config(
          PROPERTY, path + " is no folder that can be written; make it, or name another");
    }
    return new InFiles(path);
  }

  /// In the machine's memory.
  record InMemory() implements TableStorage {
    @Override
    public LargeMemory allocate(long bytes) {
      return LargeMemory.allocate(bytes);
    }
  }

  /// In mapped files without a name: tables may be larger than the machine's memory, which holds
  /// the rows that are read often. Needs a file system with room, on a fast disk.
  ///
  /// @param folder where the files are
  record InFiles(Path folder) implements TableStorage {
    @Override
    public LargeMemory allocate(long bytes) {
      return LargeMemory.inFolder(folder, bytes);
    }
  }
}
