package org.mneme.data;

import java.util.Arrays;
import java.util.List;

/// Several lists of documents, one behind the other, none of them empty.
final class JoinedDocuments implements TokenDocuments {
  private final List<TokenDocuments> parts;
  private final int[] firstDocuments;
  private final long[] firstTokens;

  JoinedDocuments(List<TokenDocuments> parts) {
    this.parts = parts.stream().filter(part -> part.size() > 0).toList();
    int count = this.parts.size();
    firstDocuments = new int[count + 1];
    firstTokens = new long[count + 1];
    for (int i = 0; i < count; i++) {
      firstDocuments[i + 1] = Math.addExact(firstDocuments[i], this.parts.get(i).size());
      firstTokens[i + 1] = firstTokens[i] + this.parts.get(i).tokens();
    }
  }

  @Override
  public int size() {
    return firstDocuments[parts.size()];
  }

  @Override
  public long start(int document) {
    if (document == size()) {
      return firstTokens[parts.size()];
    }
    int found = Arrays.binarySearch(firstDocuments, document);
    int part = found < 0 ? -found - 2 : found;
    return firstTokens[part] + parts.get(part).start(document - firstDocuments[part]);
  }

  @Override
  public void read(long token, int[] ids, boolean[] starts) {
    for (int done = 0; done < ids.length; ) {
      int found = Arrays.binarySearch(firstTokens, token + done);
      int part = found < 0 ? -found - 2 : found;
      int count = (int) Math.min(ids.length - done, firstTokens[part + 1] - token - done);
      int[] own = new int[count];
      boolean[] ownStarts = new boolean[count];
      parts.get(part).read(token + done - firstTokens[part], own, ownStarts);
      System.arraycopy(own, 0, ids, done, count);
      System.arraycopy(ownStarts, 0, starts, done, count);
      done += count;
    }
  }
}
