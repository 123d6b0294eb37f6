package org.mneme.data;

import java.util.Arrays;
import java.util.List;

/// Several lists of lines, one behind the other.
final class JoinedLines implements TokenLines {
  private final List<TokenLines> parts;
  private final int[] firsts;

  JoinedLines(List<TokenLines> parts) {
    this.parts = List.copyOf(parts);
    firsts = new int[parts.size() + 1];
    for (int i = 0; i < parts.size(); i++) {
      firsts[i + 1] = Math.addExact(firsts[i], parts.get(i).size());
    }
  }

  @Override
  public int size() {
    return firsts[parts.size()];
  }

  /// The index of the first line of a part.
  int first(int part) {
    return firsts[part];
  }

  private int part(int index) {
    // of parts without lines, which begin at one index, the last has it
    int part = Arrays.binarySearch(firsts, 0, parts.size(), index);
    part = part < 0 ? -part - 2 : part;
    while (parts.get(part).size() == 0) {
      part++;
    }
    return part;
  }

  @Override
  public int length(int index) {
    int part = part(index);
    return parts.get(part).length(index - firsts[part]);
  }

  @Override
  public TokenLine line(int index) {
    int part = part(index);
    return parts.get(part).line(index - firsts[part]);
  }
}
