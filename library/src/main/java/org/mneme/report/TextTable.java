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
  /// words; numbers stay whole.
  public static String format(Table table, int width) {
    List<List<String>> lines = lines(table);
    int[] widths = widths(table, lines);
    narrow(table, widths, width);
    StringBuilder out = new StringBuilder();
    if (!table.title().isEmpty()) {
      out.append(oneLine(table.title())).append("\n\n");
    }
    for (int i = 0; i < lines.size(); i++) {
      appendLine(out, table, lines.get(i), widths);
      if (i == 0) {
        appendRule(out, widths);
      }
    }
    if (table.rows().stream().flatMap(List::stream).anyMatch(c -> c.mark() == Cell.Mark.BEST)) {
      out.append("* best\n");
    }
    return out.toString();
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
      case BEST -> plain + "*";
      case RIGHT -> "✓ " + plain;
      case WRONG -> "✗ " + plain;
    };
  }

  /// Line breaks and other controls would tear the table (and could steer the terminal): they
  /// become spaces.
  private static String oneLine(String text) {
    StringBuilder line = new StringBuilder();
    text.codePoints()
        .map(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? ' ' : c)
        .map(c -> c == 0x202f || c == 0xa0 || c == 0x2009 ? ' ' : c)
        .forEach(line::appendCodePoint);
    return line.toString();
  }

  private static int[] widths(Table table, List<List<String>> lines) {
    int[] widths = new int[table.columns().size()];
    for (int c = 0; c < widths.length; c++) {
      boolean starred = starred(table, c);
      for (int i = 0; i < lines.size(); i++) {
        String text = lines.get(i).get(c);
        boolean room = starred && i > 0 && !text.endsWith("*");
        widths[c] = Math.max(widths[c], TextWidth.columns(text) + (room ? 1 : 0));
      }
    }
    return widths;
  }

  private static boolean starred(Table table, int column) {
    return table.columns().get(column).numeric()
        && table.rows().stream().anyMatch(row -> row.get(column).mark() == Cell.Mark.BEST);
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
      boolean heading = line.get(c).equals(heading(table.columns().get(c)));
      boolean room = starred(table, c) && !heading && !line.get(c).endsWith("*");
      String cell = numeric ? line.get(c) : TextWidth.cut(line.get(c), widths[c]);
      String padding =
          " ".repeat(Math.max(0, widths[c] - TextWidth.columns(cell) - (room ? 1 : 0)));
      text.append(c == 0 ? "" : GAP);
      text.append(numeric ? padding + cell + (room ? " " : "") : cell + padding);
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
