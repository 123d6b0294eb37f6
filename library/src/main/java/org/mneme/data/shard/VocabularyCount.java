package org.mneme.data.shard;

import java.util.List;
import java.util.function.BooleanSupplier;
import org.mneme.InvalidInputException;
import org.mneme.data.shard.Preparation.Progress;
import org.mneme.data.source.BadRecords;
import org.mneme.data.source.SourceFile;
import org.mneme.data.source.SourceReader;
import org.mneme.data.task.TaskExample;
import org.mneme.data.task.TaskReader;
import org.mneme.text.Tokenizer;
import org.mneme.text.VocabularyUse;

/// Counts the tokens of texts without keeping them: reads on one thread, tokenises on all. One
/// thread at a time.
public final class VocabularyCount {
  private final Tokenizer tokenizer;
  private final int vocabulary;
  private final BadRecords bad;
  private final BooleanSupplier stop;
  private long documents;

  /// @param vocabulary rows of the model's word embeddings
  /// @param bad counts what cannot be used
  /// @param stop ends a count before its end; what was counted until then counts
  /// @throws InvalidInputException of kind CONFIG where the tokenizer has more tokens than the
  ///   model
  public VocabularyCount(
      Tokenizer tokenizer, int vocabulary, BadRecords bad, BooleanSupplier stop) {
    if (tokenizer.vocabulary().size() > vocabulary) {
      throw InvalidInputException.config(
          "vocab_size",
          "%d is smaller than the %d tokens of %s; take the tokenizer that belongs to the model"
              .formatted(vocabulary, tokenizer.vocabulary().size(), tokenizer.file()));
    }
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
    this.bad = bad;
    this.stop = stop;
  }

  /// The tokens of `files`, whole and without special ones added.
  ///
  /// @throws InvalidInputException of kind DATA as [SourceReader#read]
  public VocabularyUse count(List<SourceFile> files, Progress progress) {
    VocabularyUse use = new VocabularyUse(vocabulary);
    SourceReader reader = new SourceReader(files, bad);
    try (TokenPipeline pipeline = pipeline(use)) {
      reader.read(text -> {
        documents++;
        pipeline.add(text.text());
        double share = (double) reader.bytesRead() / Math.max(1, reader.bytes());
        progress.at(share, use.tokens(), bad.total());
        return !stop.getAsBoolean();
      });
      pipeline.finish();
    }
    return use;
  }

  /// The tokens of the texts of labelled examples, likewise.
  ///
  /// @throws InvalidInputException of kind DATA as [TaskReader#readWhile]
  public VocabularyUse count(TaskReader<? extends TaskExample> examples) {
    VocabularyUse use = new VocabularyUse(vocabulary);
    try (TokenPipeline pipeline = pipeline(use)) {
      var unused =
          examples.readWhile(example -> {
            documents++;
            example.texts().forEach(pipeline::add);
            return !stop.getAsBoolean();
          });
      pipeline.finish();
    }
    return use;
  }

  private TokenPipeline pipeline(VocabularyUse use) {
    return new TokenPipeline(tokenizer, document -> use.add(document.ids()));
  }

  /// Documents of all counts.
  public long documents() {
    return documents;
  }
}
