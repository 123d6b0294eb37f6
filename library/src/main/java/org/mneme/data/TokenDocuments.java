package org.mneme.data;

/// Documents as token ids without special tokens, by index; seen as one stream of tokens, too. Safe
/// for several threads.
public interface TokenDocuments {
  /// How many documents there are.
  int size();

  /// All tokens together.
  default long tokens() {
    return start(size());
  }

  /// How many tokens the documents before `document` have, from 0 to `size()`.
  long start(int document);

  /// The number of tokens of a document.
  default int length(int document) {
    return Math.toIntExact(start(document + 1) - start(document));
  }

  /// The document that token `token` of the stream belongs to.
  default int documentAt(long token) {
    int low = 0;
    int high = size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (start(middle) <= token) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /// Copies tokens of the stream.
  ///
  /// @param token the first one
  /// @param ids `[length]`, filled with their ids
  /// @param starts `[length]`, set where a word begins
  void read(long token, int[] ids, boolean[] starts);
}
