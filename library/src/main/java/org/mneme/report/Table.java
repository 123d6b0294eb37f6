package org.mneme.report;

import java.util.List;

/// Rows under named columns; [HtmlWriter] and [TextTable] both print it.
///
/// @param title may be empty
public record Table(String title, List<Column> columns, List<List<Cell>> rows) implements Section {
  public Table {
    columns = List.copyOf(columns);
    rows = rows.stream().map(List::copyOf).toList();
    for (List<Cell> row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(
            "table '%s' has %d columns but a row of %d cells"
                .formatted(title, columns.size(), row.size()));
      }
    }
  }

  /// A column; `unit` stands in the heading and may be empty.
  public record Column(String name, String unit, boolean numeric) {
    /// A column of words.
    public static Column text(String name) {
      return new Column(name, "", false);
    }

    /// A column of numbers, aligned to the right.
    public static Column number(String name, String unit) {
      return new Column(name, unit, true);
    }
  }
}
