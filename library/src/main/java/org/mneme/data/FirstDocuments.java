package org.mneme.data;

/// The first few documents of others.
record FirstDocuments(TokenDocuments all, int size) implements TokenDocuments {
  static TokenDocuments of(TokenDocuments all, long most) {
    return most == 0 || most >= all.size() ? all : new FirstDocuments(all, (int) most);
  }

  @Override
  public long start(int document) {
    return all.start(document);
  }

  @Override
  public void read(long token, int[] ids, boolean[] starts) {
    all.read(token, ids, starts);
  }
}
