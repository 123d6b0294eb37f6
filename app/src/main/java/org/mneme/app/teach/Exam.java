package org.mneme.app.teach;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mneme.data.SourceConfig;
import org.mneme.data.task.FactExample;
import org.mneme.data.task.FactRows;
import org.mneme.data.task.Place;
import org.mneme.data.task.TaskReading;
import org.mneme.run.FactsData;
import org.mneme.text.Tokenizer;

/// What a model is asked before and after it is taught.
///
/// @param facts that it is taught
/// @param otherFacts that it is not taught: what it makes of them shows whether the new facts
///   spread
/// @param otherText of another kind: its loss shows what is forgotten
record Exam(FactRows facts, FactRows otherFacts, FactRows otherText) {
  /// Longer texts are cut.
  static final int TOKENS = 128;

  /// Facts and texts in these files.
  ///
  /// @param facts how the facts are read that are taught
  /// @param otherFacts a file; null for glosses of WordNet that are not taught
  /// @param otherText a file; null for addresses of American presidents
  static Exam read(
      Tokenizer tokenizer,
      int longest,
      List<SourceConfig> facts,
      TaskReading reading,
      @Nullable Path otherFacts,
      @Nullable Path otherText) {
    FactRows taught = FactsData.read(facts, reading, tokenizer, longest, _ -> {});
    int most = Math.min(TOKENS, longest);
    return new Exam(
        taught,
        otherFacts == null
            ? bundled("glosses.txt", tokenizer, most, taught)
            : read(otherFacts, tokenizer, most),
        otherText == null
            ? bundled("addresses.txt", tokenizer, most, taught)
            : read(otherText, tokenizer, most));
  }

  private static FactRows read(Path file, Tokenizer tokenizer, int longest) {
    return FactsData.read(
        List.of(SourceConfig.of(file.toString())),
        TaskReading.DEFAULT,
        tokenizer,
        longest,
        _ -> {});
  }

  private static FactRows bundled(String name, Tokenizer tokenizer, int longest, FactRows taught) {
    Set<String> known =
        IntStream.range(0, taught.size())
            .mapToObj(row -> taught.fact(row).text())
            .collect(Collectors.toSet());
    List<FactExample> facts = new ArrayList<>();
    try (var reader =
            new BufferedReader(
                new InputStreamReader(
                    Objects.requireNonNull(Exam.class.getResourceAsStream(name), name),
                    StandardCharsets.UTF_8));
        Stream<String> lines = reader.lines()) {
      lines.forEach(line -> {
        String[] parts = line.split("\t", 2);
        Place place = new Place(Path.of(name), facts.size() + 1L);
        FactExample fact =
            parts.length == 2
                ? new FactExample(parts[0], parts[1], place)
                : new FactExample("", line, place);
        if (!known.contains(fact.text())) {
          facts.add(fact);
        }
      });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return FactRows.of(tokenizer, facts, longest);
  }
}
