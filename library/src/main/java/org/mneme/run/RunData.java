package org.mneme.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mneme.checkpoint.Checkpoint;
import org.mneme.config.Printer;
import org.mneme.data.Corpus;
import org.mneme.data.DataConfig;
import org.mneme.data.TokenDocuments;
import org.mneme.data.source.SourceFile;
import org.mneme.data.source.SourceFiles;
import org.mneme.data.task.ColumnsConfig;
import org.mneme.file.Sha256;
import org.mneme.text.Tokenizer;
import org.mneme.train.ObjectiveConfig;

/// What a run reads, opened: texts as tokens, labelled examples, or facts.
public sealed interface RunData extends AutoCloseable
    permits RunData.Texts, LabelledData, FactsData {
  /// A hash of what is trained on: other data, another hash.
  String fingerprint();

  /// The tokens that occur, held-out data included.
  BitSet words();

  @Override
  void close();

  /// Texts for a language model.
  ///
  /// @param dev held-out texts, null for none
  record Texts(Corpus train, @Nullable Corpus dev) implements RunData {
    private static final int AT_ONCE = 1 << 16;

    @Override
    public String fingerprint() {
      return train.fingerprint();
    }

    @Override
    public BitSet words() {
      BitSet words = new BitSet();
      train.pools().forEach(pool -> add(pool.documents(), words));
      if (dev != null) {
        dev.pools().forEach(pool -> add(pool.documents(), words));
      }
      return words;
    }

    private static void add(TokenDocuments documents, BitSet words) {
      int[] ids = new int[AT_ONCE];
      boolean[] starts = new boolean[AT_ONCE];
      long all = documents.tokens();
      for (long from = 0; from < all; from += AT_ONCE) {
        int some = (int) Math.min(AT_ONCE, all - from);
        if (some < ids.length) {
          ids = new int[some];
          starts = new boolean[some];
        }
        documents.read(from, ids, starts);
        for (int id : ids) {
          words.set(id);
        }
      }
    }

    @Override
    public void close() {
      train.close();
      if (dev != null) {
        dev.close();
      }
    }
  }

  /// Opens what `config` names.
  ///
  /// @param begin where the run goes on, if it does
  static RunData open(RunConfig config, Corpus.Tokenising how, Optional<Checkpoint> begin) {
    return switch (config.objective()) {
      case ObjectiveConfig.Masked _, ObjectiveConfig.Causal _ -> texts(config.data(), how);
      case ObjectiveConfig.Task task -> LabelledData.open(config, task, config.data(), how, begin);
      case ObjectiveConfig.Facts facts -> FactsData.open(config, facts, config.data(), how, begin);
    };
  }

  /// A hash of the files as they lie on the disk, and of what is read of them.
  static String fingerprint(ColumnsConfig columns, DataConfig data) {
    StringBuilder all = new StringBuilder(Printer.json(columns));
    data.train().forEach(source -> all.append(source.format()).append('\n'));
    all.append(Printer.json(data.badRecords()));
    for (SourceFile file : SourceFiles.of(data.train())) {
      try {
        all.append(Sha256.of(file.path())).append('\n');
      } catch (IOException e) {
        throw new UncheckedIOException(file.path() + " cannot be read", e);
      }
    }
    return Sha256.of(all.append(data.maxTrainSamples()).toString());
  }

  private static Texts texts(DataConfig data, Corpus.Tokenising how) {
    Corpus train = Corpus.train(data, how);
    train.badRecords().forEach(how.notes());
    try {
      Corpus dev = data.dev().isEmpty() ? null : Corpus.dev(data, how);
      if (dev != null) {
        dev.badRecords().forEach(how.notes());
      }
      return new Texts(train, dev);
    } catch (RuntimeException e) {
      train.close();
      throw e;
    }
  }

  /// Opens the first `most` documents of each source that `config` trains on, and nothing else.
  static RunData first(RunConfig config, long most, Tokenizer tokenizer) {
    DataConfig all = config.data();
    var few =
        new DataConfig(
            all.train(), List.of(), all.badRecords(), all.batches(), most, 0, all.cache());
    var how = Corpus.Tokenising.quiet(tokenizer);
    return switch (config.objective()) {
      case ObjectiveConfig.Masked _, ObjectiveConfig.Causal _ -> texts(few, how);
      case ObjectiveConfig.Task task -> LabelledData.open(config, task, few, how, Optional.empty());
      case ObjectiveConfig.Facts facts -> FactsData.open(config, facts, few, how, Optional.empty());
    };
  }
}
