package org.mneme.data.source;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.mneme.data.SourceConfig.Format;

/// Rows of a CSV file (RFC 4180) or a TSV file (which knows no quotes: tabs and line ends cannot
/// stand in a field). The first line names the columns; rows that do not fit it are counted and
/// left out, blank lines are none.
final class TableRows {
  private final SourceFile file;
  private final Lines lines;
  private final BadRecords bad;
  private final List<String> names;
  private long line;

  /// Begins to read: the names of the columns.
  TableRows(SourceFile file, Lines lines, BadRecords bad) throws IOException {
    this.file = file;
    this.lines = lines;
    this.bad = bad;
    Optional<CsvRow> header = nextRow();
    if (header.isEmpty()) {
      throw SourceFile.unusable(file.path(), "is empty; the first line has to name the columns");
    }
    names = header.get().fields();
    var seen = new HashSet<String>();
    for (String name : names) {
      if (!name.isBlank() && !seen.add(name)) {
        throw SourceFile.unusable(
            file.path(), "two columns are called '%s'; rename or drop one".formatted(name));
      }
    }
  }

  List<String> names() {
    return names;
  }

  /// Where the row that [#next] gave begins, from 1.
  long line() {
    return line;
  }

  /// The fields of the next row, as many as there are names; empty after the last.
  Optional<List<String>> next() throws IOException {
    for (Optional<CsvRow> row = nextRow(); row.isPresent(); row = nextRow()) {
      List<String> fields = row.get().fields();
      if (row.get().isBroken()) {
        bad.add(BadKind.BROKEN_ROW, file.path(), line, row.get().problem());
      } else if (fields.size() != names.size()) {
        String what = "%d fields, the header has %d".formatted(fields.size(), names.size());
        bad.add(BadKind.BROKEN_ROW, file.path(), line, what);
      } else {
        return Optional.of(fields);
      }
    }
    return Optional.empty();
  }

  /// Tabs part fields, if only empty ones.
  private boolean isBlank(String text) {
    return text.isBlank() && (file.format() != Format.TSV || text.indexOf('\t') < 0);
  }

  /// The next row that is not a blank line.
  private Optional<CsvRow> nextRow() throws IOException {
    Optional<String> text = lines.next();
    while (text.isPresent() && isBlank(text.get())) {
      text = lines.next();
    }
    line = lines.number();
    if (text.isEmpty()) {
      return Optional.empty();
    }
    if (file.format() == Format.TSV) {
      return Optional.of(CsvRow.ofTabs(text.get()));
    }
    CsvRow row = new CsvRow();
    row.add(text.get());
    long read = line;
    boolean lost = false;
    while (row.isOpen()) {
      Optional<String> more = lines.next();
      if (more.isEmpty()) {
        row.endOfFile();
      } else {
        row.add(more.get());
      }
      lost |= lines.number() > ++read;
    }
    if (lost) {
      row.lost();
    }
    return Optional.of(row);
  }
}
