package org.mneme.report;

import java.util.ArrayList;
import java.util.List;

/// A [Table] for the terminal: aligned columns, units in the headings, no colours. The best value
/// of a column carries a star, right and wrong answers a sign.
public final class TextTable {
  private static final String GAP = "  ";

  /// No column of words is cut below this.
  private static final int LEAST = 8;

  private TextTable() {}

  /// The table at its full width, each line ended by a newline.
  public static String format(Table table) {
    return format(table, Integer.MAX_VALUE);
  }

  /// The table in at most `width` columns of the terminal where that can be done by shortening
  /// words; numbers stay whole. A table of numbers that is still too wide is turned on its side,
  /// with its rows side by side.
  public static String format(Table table, int width) {
    String upright = print(table, width);
    if (fits(upright, width) || table.rows().isEmpty() || !onlyNumbers(table)) {
      return upright;
    }
    String turned = print(turned(table), width);
    return fits(turned, width) ? turned + notes(table) : upright;
  }

  private static String print(Table table, int width) {
    List<List<String>> lines = lines(table);
    int[] widths = widths(lines);
    narrow(table, widths, width);
    StringBuilder out = new StringBuilder();
    if (!table.title().isEmpty()) {
      out.append(oneLine(table.title())).append("\n\n");
    }
    appendLine(out, table, lines.getFirst(), widths);
    appendRule(out, widths);
    lines.subList(1, lines.size()).forEach(line -> appendLine(out, table, line, widths));
    if (table.rows().stream().flatMap(List::stream).anyMatch(c -> c.mark() == Cell.Mark.BEST)) {
      out.append("* best\n");
    }
    return out.toString();
  }

  private static boolean fits(String text, int width) {
    return text.lines().allMatch(line -> TextWidth.columns(line) <= width);
  }

  private static boolean onlyNumbers(Table table) {
    return table.columns().stream().skip(1).allMatch(Table.Column::numeric);
  }

  /// Columns become rows; the rows' names, without the notes that may follow them, become headings.
  private static Table turned(Table table) {
    List<Table.Column> columns = new ArrayList<>();
    columns.add(Table.Column.text(table.columns().getFirst().name()));
    for (List<Cell> row : table.rows()) {
      columns.add(Table.Column.number(row.getFirst().pieces().getFirst().text(), ""));
    }
    List<List<Cell>> rows = new ArrayList<>();
    for (int c = 1; c < table.columns().size(); c++) {
      List<Cell> row = new ArrayList<>();
      row.add(Cell.of(heading(table.columns().get(c))));
      for (List<Cell> of : table.rows()) {
        row.add(of.get(c));
      }
      rows.add(row);
    }
    return new Table(table.title(), columns, rows);
  }

  private static String notes(Table table) {
    StringBuilder notes = new StringBuilder();
    for (List<Cell> row : table.rows()) {
      if (row.getFirst().pieces().size() > 1) {
        notes.append(oneLine(row.getFirst().text())).append('\n');
      }
    }
    return notes.toString();
  }

  private static List<List<String>> lines(Table table) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(table.columns().stream().map(TextTable::heading).toList());
    for (List<Cell> row : table.rows()) {
      lines.add(row.stream().map(TextTable::written).toList());
    }
    return lines;
  }

  private static String heading(Table.Column column) {
    String unit = column.unit().isEmpty() ? "" : " [" + column.unit() + "]";
    return oneLine(column.name() + unit);
  }

  private static String written(Cell cell) {
    StringBuilder text = new StringBuilder();
    for (Cell.Piece piece : cell.pieces()) {
      boolean framed = piece.face() == Cell.Face.TOKEN;
      text.append(framed ? "[" + piece.text() + "]" : piece.text());
    }
    String plain = oneLine(text.toString());
    return switch (cell.mark()) {
      case NONE -> plain;
      case BEST -> "*" + plain;
      case RIGHT -> "✓ " + plain;
      case WRONG -> "✗ " + plain;
    };
  }

  /// Line breaks and other controls would tear the table or steer the terminal: they become spaces,
  /// and marks that turn the direction of the text are left out.
  private static String oneLine(String text) {
    StringBuilder line = new StringBuilder();
    text.codePoints()
        .filter(c -> !(c >= 0x202a && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069))
        .map(c -> breaks(c) || Character.isSpaceChar(c) ? ' ' : c)
        .forEach(line::appendCodePoint);
    return line.toString();
  }

  private static boolean breaks(int c) {
    return Character.isISOControl(c) || c == 0x2028 || c == 0x2029;
  }

  private static int[] widths(List<List<String>> lines) {
    int[] widths = new int[lines.getFirst().size()];
    for (List<String> line : lines) {
      for (int c = 0; c < widths.length; c++) {
        widths[c] = Math.max(widths[c], TextWidth.columns(line.get(c)));
      }
    }
    return widths;
  }

  /// Takes columns from the widest words until the table fits or nothing is left to take.
  private static void narrow(Table table, int[] widths, int width) {
    while (total(widths) > width) {
      int widest = -1;
      for (int c = 0; c < widths.length; c++) {
        boolean words = !table.columns().get(c).numeric() && widths[c] > LEAST;
        if (words && (widest < 0 || widths[c] > widths[widest])) {
          widest = c;
        }
      }
      if (widest < 0) {
        return;
      }
      widths[widest]--;
    }
  }

  private static long total(int[] widths) {
    long total = (long) GAP.length() * Math.max(0, widths.length - 1);
    for (int width : widths) {
      total += width;
    }
    return total;
  }

  private static void appendLine(StringBuilder out, Table table, List<String> line, int[] widths) {
    StringBuilder text = new StringBuilder();
    for (int c = 0; c < widths.length; c++) {
      boolean numeric = table.columns().get(c).numeric();
      String cell = numeric ? line.get(c) : TextWidth.cut(line.get(c), widths[c]);
      String padding = " ".repeat(Math.max(0, widths[c] - TextWidth.columns(cell)));
      text.append(c == 0 ? "" : GAP).append(numeric ? padding + cell : cell + padding);
    }
    out.append(text.toString().stripTrailing()).append('\n');
  }

  private static void appendRule(StringBuilder out, int[] widths) {
    for (int c = 0; c < widths.length; c++) {
      out.append(c == 0 ? "" : GAP).append("-".repeat(widths[c]));
    }
    out.append('\n');
  }
}
