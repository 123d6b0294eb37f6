package org.mneme.app.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.mneme.InvalidInputException;
import org.mneme.app.run.ProgressLine;
import org.mneme.app.run.VocabularyReport.Source;
import org.mneme.data.shard.VocabularyCount;
import org.mneme.data.source.BadRecords;
import org.mneme.data.source.SourceFile;
import org.mneme.text.Tokenizer;

/// Counts the tokens of each source and tells how far it is.
final class CountedData {
  private final Console console;
  private final VocabularyData data;
  private final Tokenizer tokenizer;
  private final int vocabulary;
  private final BooleanSupplier stop;
  private final ProgressLine line;
  private final long begun = System.nanoTime();

  /// @param vocabulary rows of the model's word embeddings
  CountedData(
      Console console,
      VocabularyData data,
      Tokenizer tokenizer,
      int vocabulary,
      BooleanSupplier stop) {
    this.console = console;
    this.data = data;
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
    this.stop = stop;
    this.line = new ProgressLine(console);
  }

  /// Those that were read before a stop.
  ///
  /// @throws InvalidInputException of kind DATA where they cannot be read or hold no token
  List<Source> sources() {
    BadRecords bad = data.badRecords();
    VocabularyCount count = new VocabularyCount(tokenizer, vocabulary, bad, stop);
    List<List<SourceFile>> files = data.sources().stream().map(data::files).toList();
    long all = bytes(files);
    List<Source> sources = new ArrayList<>();
    long[] before = {0, 0};
    for (int i = 0; i < files.size() && !stop.getAsBoolean(); i++) {
      long own = bytes(List.of(files.get(i)));
      List<SourceFile> texts = files.get(i);
      var use =
          data.examples(data.sources().get(i))
              .map(examples -> count.count(examples.telling(console::note)))
              .orElseGet(() ->
                  count.count(
                      texts,
                      (share, tokens, badRecords) ->
                          tell((before[0] + share * own) / all, before[1] + tokens, badRecords)));
      sources.add(new Source(data.sources().get(i), use));
      before[0] += own;
      before[1] += use.tokens();
      tell((double) before[0] / all, before[1], bad.total());
    }
    line.end();
    bad.examples().forEach(console::note);
    if (before[1] == 0 && !stop.getAsBoolean()) {
      throw withoutTokens(count.documents());
    }
    return sources;
  }

  private static long bytes(List<List<SourceFile>> files) {
    long bytes = files.stream().flatMap(List::stream).mapToLong(SourceFile::bytes).sum();
    return Math.max(1, bytes);
  }

  private void tell(double share, long tokens, long bad) {
    if (tokens > 0 && line.due()) {
      double seconds = (System.nanoTime() - begun) / 1e9;
      Map<String, String> facts = new LinkedHashMap<>();
      facts.put("tokens", String.format(Locale.ROOT, "%,d", tokens));
      facts.put("tokens/s", String.format(Locale.ROOT, "%,.0f", tokens / seconds));
      facts.put("bad", Long.toString(bad));
      line.tell("vocabulary", share, facts);
    }
  }

  private InvalidInputException withoutTokens(long documents) {
    String names = String.join(", ", data.sources());
    return new InvalidInputException(
        InvalidInputException.Kind.DATA,
        names,
        documents == 0
            ? names + ": no line holds text; give files with documents"
            : "%s: %,d documents, but not one token".formatted(names, documents));
  }
}
