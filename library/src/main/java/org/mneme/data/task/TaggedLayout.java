package org.mneme.data.task;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.mneme.data.source.BadKind;
import org.mneme.data.source.Lines;
import org.mneme.data.source.SourceFile;

/// Tagged texts: CoNLL files, or lists of words and tags in tables.
record TaggedLayout() implements TaskReader.Layout<TaggedExample> {
  @Override
  public TaggedExample example(Fields row) throws BadRecord {
    ColumnsConfig columns = row.columns();
    Field texts = row.required("words", columns.words(), "words", "tokens");
    Optional<Field> labels =
        row.labelColumn(
            "tags", columns.tags(), "tags", "ner_tags", "pos_tags", "upos", "labels", "label");
    List<String> words = texts.list("\\s+");
    List<String> tags =
        labels.isEmpty() || labels.get().isNull() ? List.of() : labels.get().list("\\s+");
    if (words.isEmpty()) {
      throw texts.empty(BadKind.EMPTY, "");
    }
    if (tags.isEmpty() && labels.isPresent()) {
      row.unlabelled(labels.get());
    } else if (!tags.isEmpty() && tags.size() != words.size()) {
      throw new BadRecord(
          BadKind.BROKEN_ROW, "%d words, but %d tags".formatted(words.size(), tags.size()));
    }
    return new TaggedExample(words, tags, row.place());
  }

  @Override
  public boolean readPlain(SourceFile file, InputStream in, Reception<TaggedExample> sink)
      throws IOException {
    return new ConllFile(file, sink).read(new Lines(file.path(), in, sink.bad()));
  }
}
