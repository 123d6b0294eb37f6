package org.mneme.data;

import java.util.Arrays;
import java.util.SplittableRandom;

/// Documents in an array; a word begins at every third token.
record ArrayDocuments(int[][] documents, long[] starts) implements TokenDocuments {
  static ArrayDocuments of(int... lengths) {
    int[][] documents = new int[lengths.length][];
    long[] starts = new long[lengths.length + 1];
    int next = 10;
    for (int i = 0; i < lengths.length; i++) {
      documents[i] = new int[lengths[i]];
      for (int at = 0; at < lengths[i]; at++) {
        documents[i][at] = next++; // every token occurs once
      }
      starts[i + 1] = starts[i] + lengths[i];
    }
    return new ArrayDocuments(documents, starts);
  }

  static ArrayDocuments random(int count, int longest, long seed) {
    var random = new SplittableRandom(seed);
    return of(random.ints(count, 1, longest + 1).toArray());
  }

  int[] all() {
    return Arrays.stream(documents).flatMapToInt(Arrays::stream).toArray();
  }

  @Override
  public int size() {
    return documents.length;
  }

  @Override
  public long start(int document) {
    return starts[document];
  }

  @Override
  public void read(long token, int[] ids, boolean[] wordStarts) {
    int[] all = all();
    for (int i = 0; i < ids.length; i++) {
      ids[i] = all[(int) token + i];
      wordStarts[i] = (token + i) % 3 == 0;
    }
  }
}
