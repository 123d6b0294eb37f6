package org.mneme.report;

import java.util.List;

/// Writes a [Table]. Where the page is narrow, words stack and a short table of numbers turns on
/// its side.
final class HtmlTable {
  /// Rows that fit beside each other on a phone.
  private static final int TURNED = 4;

  /// Columns that fit beside each other on a wide page.
  private static final int MOST_UPRIGHT = 10;

  /// Letters up to which the name of a row is kept on one line.
  private static final int BRIEF = 18;

  private final Markup out;

  HtmlTable(Markup out) {
    this.out = out;
  }

  /// The table with its title.
  void write(Table table) {
    boolean numbers = table.columns().stream().skip(1).allMatch(Table.Column::numeric);
    boolean turns = numbers && table.columns().size() > 4 && table.rows().size() <= TURNED;
    boolean stacks = !numbers && table.columns().size() > 2;
    out.open("div", "class", "table " + (turns ? "turns" : stacks ? "stacks" : "plain"));
    if (!table.title().isEmpty()) {
      out.element("h3", table.title());
    }
    boolean alwaysTurned = turns && table.columns().size() > MOST_UPRIGHT;
    if (!alwaysTurned) {
      upright(table, turns ? "wide" : "");
    }
    if (turns) {
      turned(table, alwaysTurned ? "" : "narrow");
    }
    out.close("div");
  }

  private void upright(Table table, String css) {
    out.open("table", "role", "table", "class", css);
    out.open("thead", "role", "rowgroup").open("tr", "role", "row");
    table.columns().forEach(column -> heading(column, "col"));
    out.close("tr").close("thead").open("tbody", "role", "rowgroup");
    for (List<Cell> row : table.rows()) {
      out.open("tr", "role", "row");
      for (int c = 0; c < row.size(); c++) {
        cell(table.columns().get(c), row.get(c), c == 0);
      }
      out.close("tr");
    }
    out.close("tbody").close("table");
  }

  private void turned(Table table, String css) {
    out.open("table", "role", "table", "class", css);
    out.open("thead", "role", "rowgroup").open("tr", "role", "row");
    heading(table.columns().getFirst(), "col");
    for (List<Cell> row : table.rows()) {
      out.open("th", "role", "columnheader", "scope", "col", "class", "number");
      pieces(row.getFirst());
      out.close("th");
    }
    out.close("tr").close("thead").open("tbody", "role", "rowgroup");
    for (int c = 1; c < table.columns().size(); c++) {
      out.open("tr", "role", "row");
      heading(table.columns().get(c), "row");
      for (List<Cell> row : table.rows()) {
        cell(table.columns().get(c), row.get(c), false);
      }
      out.close("tr");
    }
    out.close("tbody").close("table");
  }

  private void heading(Table.Column column, String scope) {
    boolean number = column.numeric() && scope.equals("col");
    String role = scope.equals("col") ? "columnheader" : "rowheader";
    out.open("th", "role", role, "scope", scope, "class", number ? "number" : "");
    out.element("bdi", column.name());
    if (!column.unit().isEmpty()) {
      out.text(" ").element("span", column.unit(), "class", "unit");
    }
    out.close("th");
  }

  private void cell(Table.Column column, Cell cell, boolean first) {
    boolean brief = first && cell.text().length() <= BRIEF;
    String css = (column.numeric() ? "number " : brief ? "brief " : "") + mark(cell.mark());
    String tag = first ? "th" : "td";
    String role = first ? "rowheader" : "cell";
    if (first) {
      out.open(tag, "role", role, "scope", "row", "class", css.strip());
    } else {
      out.open(tag, "role", role, "class", css.strip(), "data-label", column.name());
    }
    out.open("div");
    pieces(cell);
    out.close("div").close(tag);
  }

  private static String mark(Cell.Mark mark) {
    return switch (mark) {
      case NONE -> "";
      case BEST -> "best";
      case RIGHT -> "right";
      case WRONG -> "wrong";
    };
  }

  private void pieces(Cell cell) {
    switch (cell.mark()) {
      case NONE, BEST -> {}
      case RIGHT -> out.element("span", "✓", "class", "sign", "role", "img", "aria-label", "right");
      case WRONG -> out.element("span", "✗", "class", "sign", "role", "img", "aria-label", "wrong");
    }
    for (Cell.Piece piece : cell.pieces()) {
      switch (piece.face()) {
        case PLAIN -> out.element("bdi", piece.text());
        case STRONG -> out.element("strong", piece.text(), "dir", "auto");
        case MUTED -> out.element("bdi", piece.text(), "class", "muted");
        case TOKEN -> out.element("mark", visible(piece.text()), "dir", "auto");
      }
    }
  }

  /// A token with signs for its line breaks, which would otherwise look like nothing.
  static String visible(String token) {
    return token.replace("\r\n", "↵").replace('\n', '↵').replace('\r', '↵').replace('\t', '⇥');
  }
}
