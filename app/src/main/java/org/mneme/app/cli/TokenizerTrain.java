package org.mneme.app.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.app.run.ProgressLine;
import org.mneme.checkpoint.AtomicFile;
import org.mneme.checkpoint.AtomicFolder;
import org.mneme.data.source.BadRecords;
import org.mneme.data.source.SourceReader;
import org.mneme.run.StopSignal;
import org.mneme.text.training.TokenizerKind;
import org.mneme.text.training.TokenizerTrainer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Makes a tokenizer from texts.
@Command(
    name = "train",
    description = {
      "Make a tokenizer from texts.",
      "Writes tokenizer.json and what belongs beside it, as Hugging Face's library reads them. The"
          + " same texts give the same files. Kinds: bytelevel (BPE over bytes, GPT-2's), wordpiece"
          + " (BERT's), bytes, characters, words (between blanks, the most frequent first). SIGINT"
          + " or SIGTERM ends it; nothing is written then."
    })
final class TokenizerTrain implements Callable<Integer> {
  private final Console console;

  @Mixin private TextOptions texts = new TextOptions();

  @Option(
      names = "--kind",
      required = true,
      paramLabel = "KIND",
      description = "${COMPLETION-CANDIDATES}.")
  private TokenizerKind kind = TokenizerKind.BYTELEVEL;

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      description =
          "Tokens at the most, special ones included; needed by bytelevel and wordpiece (default:"
              + " all characters or words).")
  private int vocabulary;

  @Option(
      names = "--min-frequency",
      paramLabel = "N",
      description =
          "How often a pair, character or word has to occur to become a token (default:"
              + " ${DEFAULT-VALUE}).")
  private long minFrequency = 1;

  @Option(
      names = "--lowercase",
      negatable = true,
      description =
          "Make upper case lower case, for good, or not (default: of wordpiece, as BERT's uncased"
              + " tokenizers do, else not).")
  private @Nullable Boolean lowercase;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write.")
  private Path out = Path.of("");

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  TokenizerTrain(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    boolean lower = lowercase == null ? kind == TokenizerKind.WORDPIECE : lowercase;
    var trainer =
        new TokenizerTrainer(kind, new TokenizerTrainer.Settings(vocabulary, minFrequency, lower));
    StopSignal stop = new StopSignal(() -> console.note("Stopping"));
    long begun = System.nanoTime();
    read(trainer, stop);
    if (stop.getAsBoolean()) {
      console.note("Stopped; nothing was written");
      return ExitCode.STOPPED;
    }
    TokenizerTrainer.Trained trained = trainer.train();
    AtomicFolder.write(
        out,
        folder ->
            trained
                .files()
                .forEach((name, text) -> AtomicFile.writeString(folder.resolve(name), text)));
    tell(trained, (System.nanoTime() - begun) / 1e9);
    return ExitCode.OK;
  }

  private void read(TokenizerTrainer trainer, StopSignal stop) {
    BadRecords bad = texts.badRecords();
    SourceReader reader = new SourceReader(texts.files(), bad);
    ProgressLine line = new ProgressLine(console);
    long[] documents = {0};
    reader.read(text -> {
      trainer.add(text.text());
      documents[0]++;
      if (line.due()) {
        double share = (double) reader.bytesRead() / Math.max(1, reader.bytes());
        line.tell(
            "tokenizer",
            share,
            Map.of("documents", String.format(Locale.ROOT, "%,d", documents[0])));
      }
      return !stop.getAsBoolean();
    });
    line.end();
    bad.examples().forEach(console::note);
    if (documents[0] == 0 && !stop.getAsBoolean()) {
      String names = String.join(", ", texts.inputs());
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA,
          names,
          names + ": no line holds text; give files with documents");
    }
  }

  private void tell(TokenizerTrainer.Trained trained, double seconds) {
    int tokens = trained.vocabulary().size();
    if (json) {
      Map<String, Object> figures = new LinkedHashMap<>();
      figures.put("kind", kind.label());
      figures.put("vocabulary", tokens);
      figures.put("characters", trained.characters());
      figures.put("seconds", seconds);
      figures.put("out", out.toString());
      console.json(figures);
      return;
    }
    console.result(
        String.format(
            Locale.ROOT,
            "%s: %s, %,d tokens of %,d characters in %s",
            out,
            kind.label(),
            tokens,
            trained.characters(),
            ProgressLine.time(seconds)));
  }
}
