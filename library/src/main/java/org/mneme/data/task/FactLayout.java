package org.mneme.data.task;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.mneme.data.source.BadKind;
import org.mneme.data.source.Lines;
import org.mneme.data.source.SourceFile;

/// Facts: lines of a text file, in which a tab parts prompt and answer, or rows of a table with a
/// column for each, or with one for the whole text.
record FactLayout() implements TaskReader.Layout<FactExample> {
  private static final String[] PROMPTS = {"prompt", "question", "instruction", "input"};
  private static final String[] ANSWERS = {"answer", "completion", "response", "output"};

  @Override
  public FactExample example(Fields row) throws BadRecord {
    ColumnsConfig columns = row.columns();
    boolean whole =
        columns.text() != null
            || (columns.question() == null
                && columns.answers() == null
                && row.has("text")
                && row.find("question", null, PROMPTS).isEmpty());
    if (whole) {
      String text = row.required("text", columns.text(), "text").text();
      return new FactExample("", text, row.place());
    }
    Field prompt = row.required("question", columns.question(), PROMPTS);
    Field answer = row.required("answers", columns.answers(), ANSWERS);
    return new FactExample(prompt.text(), answer.text(), row.place());
  }

  @Override
  public boolean readPlain(SourceFile file, InputStream in, Reception<FactExample> sink)
      throws IOException {
    var lines = new Lines(file.path(), in, sink.bad());
    for (Optional<String> line = lines.next(); line.isPresent(); line = lines.next()) {
      String text = line.get();
      Place place = new Place(file.path(), lines.number());
      if (!text.isBlank() && !sink.take(place, () -> fact(text, place))) {
        return false;
      }
    }
    return true;
  }

  private static FactExample fact(String line, Place place) throws BadRecord {
    String[] parts = line.split("\t", -1);
    if (parts.length > 2) {
      throw new BadRecord(
          BadKind.BROKEN_ROW,
          "%d tabs, there has to be one between prompt and answer, or none: %s"
              .formatted(parts.length - 1, line));
    }
    if (parts.length == 1) {
      return new FactExample("", line, place);
    }
    if (parts[0].isBlank() || parts[1].isBlank()) {
      throw new BadRecord(
          BadKind.EMPTY, (parts[0].isBlank() ? "the prompt" : "the answer") + " is empty: " + line);
    }
    return new FactExample(parts[0], parts[1], place);
  }
}
