package org.mneme.run;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.Checkpoint;
import org.mneme.checkpoint.ModelFolder;
import org.mneme.data.Corpus;
import org.mneme.data.DataConfig;
import org.mneme.data.SourceConfig;
import org.mneme.data.task.FactExample;
import org.mneme.data.task.FactRows;
import org.mneme.data.task.TaskReader;
import org.mneme.data.task.TaskReading;
import org.mneme.model.ArchitectureConfig;
import org.mneme.text.Tokenizer;
import org.mneme.train.ObjectiveConfig;

/// Facts as rows of tokens, in memory.
///
/// @param objective how they are read
/// @param dev facts that are not taught, null for none
public record FactsData(
    ObjectiveConfig.Facts objective, FactRows train, @Nullable FactRows dev, String fingerprint)
    implements RunData {

  /// Reads the facts of `data`.
  static FactsData open(
      RunConfig config,
      ObjectiveConfig.Facts objective,
      DataConfig data,
      Corpus.Tokenising how,
      Optional<Checkpoint> begin) {
    Path folder =
        begin
            .map(Checkpoint::folder)
            .orElseGet(() -> Path.of(String.valueOf(config.model().path())));
    var model = ArchitectureConfig.fromJson(ModelFolder.readConfig(folder));
    int longest = RunModel.maxLength(config, model);
    TaskReading reading =
        TaskReading.DEFAULT.withColumns(objective.columns()).withBadRecords(data.badRecords());
    FactRows train =
        read(
            data.train(),
            reading.withLimit(data.maxTrainSamples()),
            how.tokenizer(),
            longest,
            how.notes());
    FactRows dev =
        data.dev().isEmpty()
            ? null
            : read(
                data.dev(),
                reading.withLimit(data.maxDevSamples()),
                how.tokenizer(),
                longest,
                how.notes());
    return new FactsData(objective, train, dev, RunData.fingerprint(objective.columns(), data));
  }

  /// The facts of some files as rows of at most `longest` tokens.
  ///
  /// @param notes is told of the first few records that are left out
  /// @throws InvalidInputException of kind DATA when there is none, or a file cannot be read
  public static FactRows read(
      List<SourceConfig> sources,
      TaskReading reading,
      Tokenizer tokenizer,
      int longest,
      Consumer<String> notes) {
    List<FactExample> facts = TaskReader.facts(sources, reading).telling(notes).all();
    FactRows rows = FactRows.of(tokenizer, facts, longest);
    if (rows.size() == 0) {
      String paths = String.join(", ", sources.stream().map(SourceConfig::path).toList());
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA,
          paths,
          paths + " has no fact of two tokens or more; give a fact a line");
    }
    return rows;
  }

  @Override
  public BitSet words() {
    BitSet words = new BitSet();
    add(train, words);
    if (dev != null) {
      add(dev, words);
    }
    return words;
  }

  private static void add(FactRows rows, BitSet words) {
    for (int row = 0; row < rows.size(); row++) {
      Arrays.stream(rows.ids(row)).forEach(words::set);
    }
  }

  /// Nothing is open.
  @Override
  public void close() {}
}
