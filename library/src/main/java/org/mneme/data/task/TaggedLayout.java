package org.mneme.data.task;

import java.util.List;
import java.util.Optional;
import org.mneme.data.source.BadKind;
import org.mneme.data.source.Lines;
import org.mneme.data.source.SourceFile;
import org.mneme.data.source.SourceStream;
import tools.jackson.databind.JsonNode;

/// Tagged texts: CoNLL files, or lists of words and tags in tables.
record TaggedLayout() implements TaskReader.Layout<TaggedExample> {
  @Override
  public TaggedExample example(Fields row) throws BadRecord {
    ColumnsConfig columns = row.columns();
    JsonNode texts = row.required("words", columns.words(), "words", "tokens");
    Optional<JsonNode> labels =
        row.labelColumn(
            "tags", columns.tags(), "tags", "ner_tags", "pos_tags", "upos", "labels", "label");
    List<String> words = Fields.list("words", texts, "\\s+");
    List<String> tags =
        labels.isEmpty() || labels.get().isNull()
            ? List.of()
            : Fields.list("tags", labels.get(), "\\s+");
    if (words.isEmpty()) {
      throw new BadRecord(BadKind.EMPTY, "'words' is empty");
    }
    if (tags.isEmpty()) {
      row.unlabelled("tags");
    } else if (tags.size() != words.size()) {
      throw new BadRecord(
          BadKind.BROKEN_ROW, "%d words, but %d tags".formatted(words.size(), tags.size()));
    }
    return new TaggedExample(words, tags, row.place());
  }

  @Override
  public boolean readPlain(SourceFile file, Reception<TaggedExample> sink) {
    return SourceStream.read(
        file.path(), in -> new ConllFile(file, sink).read(new Lines(file.path(), in, sink.bad())));
  }
}
