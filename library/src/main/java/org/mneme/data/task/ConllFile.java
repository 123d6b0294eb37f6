package org.mneme.data.task;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mneme.data.source.BadKind;
import org.mneme.data.source.Lines;
import org.mneme.data.source.SourceFile;

/// Sentences of a CoNLL file: a word a line, its columns between tabs, blank lines between
/// sentences. There are no quotes, and no comments unless the settings say so. Lines that begin
/// with `-DOCSTART-` part documents and belong to none.
final class ConllFile {
  private static final String DOCUMENT = "-DOCSTART-";

  private final SourceFile file;
  private final Reception<TaggedExample> sink;
  private final ColumnsConfig columns;
  private List<String> words = new ArrayList<>();
  private List<String> tags = new ArrayList<>();
  private @Nullable BadRecord problem;
  private long problemLine;
  private long start;
  private int width;
  private int wordColumn;
  private int tagColumn;

  ConllFile(SourceFile file, Reception<TaggedExample> sink) {
    this.file = file;
    this.sink = sink;
    this.columns = sink.reading().columns();
  }

  boolean read(Lines lines) throws IOException {
    long read = 0;
    for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
      String text = line.get();
      if (lines.number() > read + 1 && problem == null && !(words.isEmpty() && text.isBlank())) {
        fail(read + 1, "a word is lost, as the line is no UTF-8");
      }
      read = lines.number();
      if (text.isBlank() || text.startsWith(DOCUMENT)) {
        if (!end()) {
          return false;
        }
      } else if (!columns.comments() || text.charAt(0) != '#') {
        add(text, lines.number());
      }
    }
    return end();
  }

  private void add(String line, long number) {
    List<String> fields = fields(line);
    if (width == 0) {
      begin(fields, number);
    }
    if (words.isEmpty() && problem == null) {
      start = number;
    }
    if (problem != null) {
      return;
    }
    if (fields.size() != width) {
      fail(
          number,
          "%d columns, the file's first row has %d: %s".formatted(fields.size(), width, line));
    } else if (fields.get(wordColumn).isBlank()
        || (tagColumn >= 0 && fields.get(tagColumn).isBlank())) {
      fail(number, "a field is empty: " + line);
    } else {
      words.add(fields.get(wordColumn));
      if (tagColumn >= 0) {
        tags.add(fields.get(tagColumn));
      }
    }
  }

  private void fail(long number, String what) {
    problem = new BadRecord(BadKind.BROKEN_ROW, what);
    problemLine = number;
  }

  private List<String> fields(String line) {
    return Arrays.asList(
        columns.gap() == ColumnsConfig.Gap.TAB ? line.split("\t", -1) : line.strip().split("\\s+"));
  }

  /// Learns from the first row how many columns there are.
  private void begin(List<String> fields, long number) {
    width = fields.size();
    wordColumn = column("words", columns.words(), 0);
    boolean tagged =
        sink.reading().need() != TaskReading.Need.NONE && (width > 1 || columns.tags() != null);
    tagColumn = tagged ? column("tags", columns.tags(), width - 1) : -1;
    boolean parted = width > 1 || !fields.getFirst().strip().matches(".*\\s.*");
    if (!tagged && (sink.reading().labelled() || !parted)) {
      throw SourceFile.unusable(
          file.path(),
          "line %d has one column, '%s': no tags; part the columns by %s"
              .formatted(
                  number,
                  fields.getFirst(),
                  columns.gap() == ColumnsConfig.Gap.TAB
                      ? "tabs, or set --conll-gap, in settings columns.gap, to blanks"
                      : "blanks"));
    }
  }

  private int column(String role, @Nullable String mapped, int usual) {
    if (mapped == null) {
      return usual;
    }
    boolean number = mapped.matches("\\d{1,4}");
    int column = number ? Integer.parseInt(mapped) : 0;
    if (column < 1 || column > width) {
      throw SourceFile.unusable(
          file.path(),
          "--%s-column, in settings columns.%s, is '%s'; the file has columns 1 to %d: give a number of these"
              .formatted(role, role, mapped, width));
    }
    return column - 1;
  }

  /// Ends a sentence; returns whether there may be another.
  private boolean end() {
    if (words.isEmpty() && problem == null) {
      return true;
    }
    BadRecord found = problem;
    var place = new Place(file.path(), found == null ? start : problemLine);
    List<String> ownWords = words;
    List<String> ownTags = tags;
    words = new ArrayList<>();
    tags = new ArrayList<>();
    problem = null;
    return sink.take(
        place,
        () -> {
          if (found != null) {
            throw found;
          }
          return new TaggedExample(ownWords, ownTags, place);
        });
  }
}
