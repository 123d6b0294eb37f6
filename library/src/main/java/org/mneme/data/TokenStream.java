package org.mneme.data;

/// Documents one after the other as one stream of tokens, with a separator behind each where there
/// is one.
final class TokenStream {
  private final TokenDocuments documents;
  private final int separator;
  private final int extra;

  /// A piece of the stream.
  ///
  /// @param words a number a word, -1 for separators
  /// @param starts whether a document begins with the token
  record Piece(int[] ids, int[] words, boolean[] starts) {}

  TokenStream(TokenDocuments documents, Frame frame) {
    this.documents = documents;
    this.separator = frame.separator();
    this.extra = frame.separates() ? 1 : 0;
  }

  int documents() {
    return documents.size();
  }

  /// The number of tokens, separators included.
  long length() {
    return start(documents.size());
  }

  /// Where a document begins.
  long start(int document) {
    return documents.start(document) + (long) extra * document;
  }

  boolean separates() {
    return extra > 0;
  }

  /// The document that token `at` belongs to; a separator belongs to the one before it.
  int documentAt(long at) {
    int low = 0;
    int high = documents.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (start(middle) <= at) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /// The tokens from `from` to `to`, the latter left out.
  Piece read(long from, long to) {
    int size = Math.toIntExact(to - from);
    int[] ids = new int[size];
    int[] words = new int[size];
    boolean[] starts = new boolean[size];
    int word = -1;
    int document = size == 0 ? 0 : documentAt(from);
    for (int done = 0; done < size; document++) {
      long inside = from + done - start(document);
      starts[done] = inside == 0;
      int own = (int) Math.min(size - done, documents.length(document) - inside);
      word = copy(documents.start(document) + inside, Math.max(0, own), ids, words, done, word);
      done += Math.max(0, own);
      if (extra > 0 && done < size) {
        ids[done] = separator;
        words[done++] = -1;
      }
    }
    return new Piece(ids, words, starts);
  }

  /// Copies tokens of one document to `at`; returns the number of the last word.
  private int copy(long token, int count, int[] ids, int[] words, int at, int lastWord) {
    int[] own = new int[count];
    boolean[] wordStarts = new boolean[count];
    documents.read(token, own, wordStarts);
    System.arraycopy(own, 0, ids, at, count);
    int word = lastWord;
    for (int i = 0; i < count; i++) {
      word += i == 0 || wordStarts[i] ? 1 : 0;
      words[at + i] = word;
    }
    return word;
  }

  /// The token at `at`.
  int token(long at) {
    return read(at, at + 1).ids()[0];
  }
}
