package org.mneme.report;

import java.util.ArrayList;
import java.util.List;

/// What stands in a [Table]: pieces of text, and a verdict on the whole.
public record Cell(List<Piece> pieces, Mark mark) {
  /// What a cell missing its value shows.
  static final String NOTHING = "–";

  public Cell {
    pieces = List.copyOf(pieces);
  }

  /// A verdict; always shown by a sign, never by colour alone.
  public enum Mark {
    NONE,
    /// The best of its column.
    BEST,
    RIGHT,
    WRONG
  }

  /// How a piece of text is set.
  public enum Face {
    PLAIN,
    STRONG,
    MUTED,
    /// A token or a masked word: framed, with its spaces.
    TOKEN
  }

  /// A piece of text in one face.
  public record Piece(String text, Face face) {}

  /// Plain text.
  public static Cell of(String text) {
    return of(text, Mark.NONE);
  }

  /// Plain text with a verdict.
  public static Cell of(String text, Mark mark) {
    return new Cell(List.of(new Piece(text, Face.PLAIN)), mark);
  }

  /// No value.
  public static Cell none() {
    return new Cell(List.of(new Piece(NOTHING, Face.MUTED)), Mark.NONE);
  }

  /// A token or word between its neighbours.
  public static Cell inContext(String before, String token, String after) {
    return of(before).plus(token, Face.TOKEN).plus(after, Face.PLAIN);
  }

  /// This cell with a piece more.
  public Cell plus(String text, Face face) {
    List<Piece> more = new ArrayList<>(pieces);
    more.add(new Piece(text, face));
    return new Cell(more, mark);
  }

  /// The text of all pieces.
  public String text() {
    return String.join("", pieces.stream().map(Piece::text).toList());
  }
}
