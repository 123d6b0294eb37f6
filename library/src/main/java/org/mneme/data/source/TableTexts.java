package org.mneme.data.source;

import java.io.IOException;
import java.util.List;

/// Documents of a column of a CSV or TSV file.
final class TableTexts {
  private final SourceFile file;
  private final BadRecords bad;
  private final String column;

  TableTexts(SourceFile file, BadRecords bad) {
    this.file = file;
    this.bad = bad;
    this.column = file.settings().column();
  }

  boolean read(Lines lines, TextSink sink) throws IOException {
    TableRows rows = new TableRows(file, lines, bad);
    List<String> names = rows.names();
    int index = names.indexOf(column);
    if (index < 0) {
      throw SourceFile.unusable(
          file.path(),
          "has no column '%s'; name one of %s".formatted(column, String.join(", ", names)));
    }
    for (var row = rows.next(); row.isPresent(); row = rows.next()) {
      String text = row.get().get(index);
      if (text.isBlank()) {
        bad.add(BadKind.EMPTY, file.path(), rows.line(), "'" + column + "' is empty");
      } else if (!sink.accept(new SourceText(file.path(), rows.line(), text))) {
        return false;
      }
    }
    return true;
  }
}
