package org.mneme.data;

import java.util.Arrays;
import org.mneme.InvalidInputException;

/// How a stream is cut into rows.
sealed interface RowCut {
  /// How many rows there are.
  int size();

  /// Where a row begins.
  long from(int row);

  /// Where it ends.
  long to(int row);

  /// A document a row, its end cut off.
  record Heads(TokenStream stream, int room) implements RowCut {
    @Override
    public int size() {
      return stream.documents();
    }

    @Override
    public long from(int row) {
      return stream.start(row);
    }

    @Override
    public long to(int row) {
      return Math.min(from(row) + room, stream.start(row + 1));
    }
  }

  /// Documents in pieces.
  ///
  /// @param firstRows `[documents + 1]`, the first row of each document
  record Pieces(TokenStream stream, int room, int[] firstRows) implements RowCut {
    static Pieces of(TokenStream stream, int room) {
      int[] first = new int[stream.documents() + 1];
      for (int document = 0; document < stream.documents(); document++) {
        long length = stream.start(document + 1) - stream.start(document);
        first[document + 1] = rows(first[document] + Math.ceilDiv(length, room));
      }
      return new Pieces(stream, room, first);
    }

    @Override
    public int size() {
      return firstRows[firstRows.length - 1];
    }

    private int document(int row) {
      int found = Arrays.binarySearch(firstRows, row);
      return found < 0 ? -found - 2 : found;
    }

    @Override
    public long from(int row) {
      int document = document(row);
      return stream.start(document) + (long) (row - firstRows[document]) * room;
    }

    @Override
    public long to(int row) {
      return Math.min(from(row) + room, stream.start(document(row) + 1));
    }
  }

  /// The stream in blocks, whatever they hold.
  record Blocks(TokenStream stream, int room) implements RowCut {
    @Override
    public int size() {
      return rows(Math.ceilDiv(stream.length(), room));
    }

    @Override
    public long from(int row) {
      return (long) row * room;
    }

    @Override
    public long to(int row) {
      return Math.min(from(row) + room, stream.length());
    }
  }

  /// The stream in `lanes` equal parts side by side: row `n * lanes + lane` is piece `n` of a lane.
  record Segments(TokenStream stream, int room, int lanes) implements RowCut {
    private long laneLength() {
      return Math.ceilDiv(stream.length(), lanes);
    }

    @Override
    public int size() {
      return rows(Math.ceilDiv(laneLength(), room) * lanes);
    }

    private long end(int row) {
      return Math.min(stream.length(), (row % lanes + 1) * laneLength());
    }

    @Override
    public long from(int row) {
      return Math.min(end(row), row % lanes * laneLength() + (long) (row / lanes) * room);
    }

    @Override
    public long to(int row) {
      return Math.min(from(row) + room, end(row));
    }
  }

  private static int rows(long rows) {
    if (rows > Integer.MAX_VALUE) {
      throw InvalidInputException.config(
          "data.batches.maxLength",
          "gives %d rows, the most are 2147483647; raise it".formatted(rows));
    }
    return (int) rows;
  }
}
