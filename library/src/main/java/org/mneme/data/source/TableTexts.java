package org.mneme.data.source;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.mneme.data.SourceConfig.Format;

/// Documents of a column of a CSV file (RFC 4180) or a TSV file (which knows no quotes: tabs and
/// line ends cannot stand in a field). The first line names the columns.
final class TableTexts {
  private final SourceFile file;
  private final BadRecords bad;
  private final String column;
  private long start;

  TableTexts(SourceFile file, BadRecords bad) {
    this.file = file;
    this.bad = bad;
    this.column = file.settings().column();
  }

  boolean read(Lines lines, TextSink sink) throws IOException {
    Optional<CsvRow> header = nextRow(lines);
    if (header.isEmpty()) {
      throw SourceFile.unusable(file.path(), "is empty; the first line has to name the columns");
    }
    List<String> names = header.get().fields();
    int index = names.indexOf(column);
    if (index < 0) {
      throw SourceFile.unusable(
          file.path(),
          "has no column '%s'; name one of %s".formatted(column, String.join(", ", names)));
    }
    for (Optional<CsvRow> row = nextRow(lines); row.isPresent(); row = nextRow(lines)) {
      List<String> fields = row.get().fields();
      if (row.get().isBroken()) {
        bad.add(BadKind.BROKEN_ROW, file.path(), start, row.get().problem());
      } else if (fields.size() != names.size()) {
        String what = "%d fields, the header has %d".formatted(fields.size(), names.size());
        bad.add(BadKind.BROKEN_ROW, file.path(), start, what);
      } else if (fields.get(index).isBlank()) {
        bad.add(BadKind.EMPTY, file.path(), start, "'" + column + "' is empty");
      } else if (!sink.accept(new SourceText(file.path(), start, fields.get(index)))) {
        return false;
      }
    }
    return true;
  }

  /// The next row that is not a blank line.
  private Optional<CsvRow> nextRow(Lines lines) throws IOException {
    Optional<String> line = lines.next();
    while (line.isPresent() && line.get().isBlank()) {
      line = lines.next();
    }
    start = lines.number();
    if (line.isEmpty()) {
      return Optional.empty();
    }
    if (file.format() == Format.TSV) {
      return Optional.of(CsvRow.ofTabs(line.get()));
    }
    CsvRow row = new CsvRow();
    row.add(line.get());
    while (row.isOpen()) {
      Optional<String> more = lines.next();
      if (more.isEmpty()) {
        row.endOfFile();
      } else {
        row.add(more.get());
      }
    }
    return Optional.of(row);
  }
}
