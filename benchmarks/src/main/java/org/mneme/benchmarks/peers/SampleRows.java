package org.mneme.benchmarks.peers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;

/// Which rows of the table are compared after the first update: some that were read, by tokens all
/// over the batch, and some that were not.
///
/// @param inputs where the slots stand if they are given
/// @param results where ours writes the slots that it found
record SampleRows(Shape shape, Path inputs, Path results) {
  private static final int READ = 448;
  private static final int UNREAD = 64;

  /// Ids of distinct rows; once ours has written its results, or the slots are given.
  int[] rows() {
    Path given = inputs.resolve("slots");
    int[] slots = RawFiles.ints(Files.exists(given) ? given : results.resolve("slots"));
    boolean[] read = new boolean[shape.slots()];
    Arrays.stream(slots).forEach(slot -> read[slot] = true);
    IntStream some =
        IntStream.range(0, READ).map(i -> slots[(int) ((long) i * slots.length / READ)]);
    IntStream others = IntStream.range(0, shape.slots()).filter(row -> !read[row]).limit(UNREAD);
    return IntStream.concat(some, others).distinct().toArray();
  }
}
