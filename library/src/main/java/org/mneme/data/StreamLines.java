package org.mneme.data;

import java.util.Arrays;

/// The rows of a stream, looked up when they are wanted.
///
/// @param cut where rows begin and end
/// @param crossing whether the last token of a row may be followed by another document's first
record StreamLines(TokenStream stream, RowCut cut, Frame frame, boolean crossing)
    implements TokenLines {

  @Override
  public int size() {
    return cut.size();
  }

  @Override
  public int length(int index) {
    int body = (int) (cut.to(index) - cut.from(index));
    return body == 0 ? 0 : frame.prefix().length + body + frame.suffix().length;
  }

  @Override
  public TokenLine line(int index) {
    TokenStream.Piece piece = stream.read(cut.from(index), cut.to(index));
    int body = piece.ids().length;
    if (body == 0) {
      return new TokenLine(new int[0], new int[0], new int[0], new boolean[0]);
    }
    int size = length(index);
    int at = frame.prefix().length;
    int[] ids = Arrays.copyOf(frame.prefix(), size);
    int[] words = new int[size];
    boolean[] starts = new boolean[size];
    System.arraycopy(piece.ids(), 0, ids, at, body);
    System.arraycopy(frame.suffix(), 0, ids, at + body, frame.suffix().length);
    Arrays.fill(words, -1);
    System.arraycopy(piece.words(), 0, words, at, body);
    System.arraycopy(piece.starts(), 0, starts, at, body);
    return new TokenLine(ids, words, targets(index, ids, starts), starts);
  }

  /// The token that follows each one; none behind a document unless a separator ended it, since
  /// nothing says that the next has begun.
  private int[] targets(int index, int[] ids, boolean[] starts) {
    int[] targets = new int[ids.length];
    for (int i = 0; i + 1 < ids.length; i++) {
      targets[i] = starts[i + 1] && !stream.separates() ? TokenLine.NO_TARGET : ids[i + 1];
    }
    targets[ids.length - 1] = frame.suffix().length > 0 ? TokenLine.NO_TARGET : following(index);
    return targets;
  }

  private int following(int index) {
    long end = cut.to(index);
    if (end >= stream.length()) {
      return TokenLine.NO_TARGET;
    }
    boolean begins = stream.start(stream.documentAt(end)) == end;
    return begins && !(crossing && stream.separates()) ? TokenLine.NO_TARGET : stream.token(end);
  }
}
