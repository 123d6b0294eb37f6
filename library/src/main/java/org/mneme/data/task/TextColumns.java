package org.mneme.data.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.mneme.data.BadRecordsConfig;
import org.mneme.data.source.BadRecords;
import org.mneme.data.source.RowReader;
import org.mneme.data.source.SourceFile;

/// The usual names of columns with text, and pairs of them.
public final class TextColumns {
  static final String[] TEXTS = {
    "sentence",
    "text",
    "sentence1",
    "premise",
    "question",
    "question1",
    "text1",
    "text_a",
    "content",
    "review",
    "utterance",
    "query"
  };
  static final String[] SECONDS = {
    "sentence2", "hypothesis", "question2", "text2", "text_b", "passage"
  };

  private static final List<List<String>> PAIRS =
      List.of(
          List.of("sentence1", "sentence2"),
          List.of("premise", "hypothesis"),
          List.of("question1", "question2"),
          List.of("text1", "text2"),
          List.of("text_a", "text_b"),
          List.of("question", "sentence"),
          List.of("question", "passage"),
          List.of("question", "context"),
          List.of("query", "passage"));

  private TextColumns() {}

  /// The first usual pair that is there.
  static Optional<List<String>> pair(Predicate<String> has) {
    return PAIRS.stream().filter(pair -> pair.stream().allMatch(has)).findFirst();
  }

  /// Those of a table (JSONL, CSV, TSV, Parquet) by its first row: a pair, or one; none where no
  /// name is a usual one.
  ///
  /// @throws org.mneme.InvalidInputException of kind DATA when the file cannot be read
  public static List<String> of(SourceFile table) {
    var bad = new BadRecords(new BadRecordsConfig(BadRecordsConfig.Policy.SKIP, 0));
    var found = new ArrayList<String>();
    var unused =
        new RowReader(bad)
            .read(
                table,
                row -> {
                  Predicate<String> has = row.values()::has;
                  found.addAll(
                      pair(has).orElseGet(() -> Stream.of(TEXTS).filter(has).limit(1).toList()));
                  return false;
                });
    return List.copyOf(found);
  }
}
