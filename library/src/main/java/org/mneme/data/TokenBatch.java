package org.mneme.data;

import java.util.Arrays;
import java.util.List;

/// Lines for one forward pass without exercises: to embed or to classify.
///
/// @param batch how many lines
/// @param time the length of the longest
/// @param inputIds `[batch * time]`, row by row, shorter lines filled up at their end
/// @param attentionMask `[batch * time]`, 1 for tokens, 0 for padding
/// @param padded whether there is any padding
public record TokenBatch(
    int batch, int time, long[] inputIds, long[] attentionMask, boolean padded) {

  /// Puts `lines` under each other; `padId` fills up the shorter ones. A line without tokens
  /// becomes padding only.
  public static TokenBatch of(List<int[]> lines, int padId) {
    int time = lines.stream().mapToInt(line -> line.length).max().orElse(0);
    long[] ids = new long[lines.size() * time];
    long[] mask = new long[ids.length];
    Arrays.fill(ids, padId);
    boolean padded = false;
    for (int row = 0; row < lines.size(); row++) {
      int[] line = lines.get(row);
      for (int i = 0; i < line.length; i++) {
        ids[row * time + i] = line[i];
      }
      Arrays.fill(mask, row * time, row * time + line.length, 1);
      padded |= line.length < time;
    }
    return new TokenBatch(lines.size(), time, ids, mask, padded);
  }
}
