package org.mneme.app.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.mneme.app.run.ProgressLine;
import org.mneme.data.shard.Preparation;
import org.mneme.run.StopSignal;
import org.mneme.text.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Tokenises texts once, for any number of runs.
@Command(
    name = "prepare",
    description = {
      "Turn texts into shards of tokens to train on.",
      "Reads .txt, .jsonl, .csv, .tsv and .parquet files (texts also as .gz and .zst), writes a"
          + " folder of shards and goes on where it was when it was stopped before. SIGINT or"
          + " SIGTERM ends it after the shard under way, with 75."
    })
final class Prepare implements Callable<Integer> {
  private final Console console;

  @Mixin private TextOptions texts = new TextOptions();

  @Option(
      names = "--tokenizer",
      required = true,
      paramLabel = "DIR",
      description = "Model folder, or a tokenizer.json.")
  private Path tokenizerFolder = Path.of("");

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder of shards.")
  private Path out = Path.of("");

  @Option(
      names = "--max-documents",
      paramLabel = "N",
      description = "Take only the first N documents (default: all).")
  private long maxDocuments;

  @Option(
      names = "--shard-tokens",
      paramLabel = "N",
      description = "Tokens in a shard (default: ${DEFAULT-VALUE}).")
  private int shardTokens = Preparation.Settings.DEFAULT.tokensPerShard();

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  Prepare(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var settings = new Preparation.Settings(texts.badRecordsConfig(), maxDocuments, shardTokens);
    StopSignal stop = new StopSignal(() -> console.note("Stopping after this shard"));
    Preparation.Result result = prepare(settings, stop);
    result.examples().forEach(console::note);
    if (json) {
      console.json(figures(result));
    } else {
      console.result(summary(result));
    }
    return result.stopped() ? ExitCode.STOPPED : ExitCode.OK;
  }

  private Preparation.Result prepare(Preparation.Settings settings, BooleanSupplier stop) {
    try (Tokenizer tokenizer = Tokenizer.load(tokenizerFolder)) {
      ProgressLine line = new ProgressLine(console);
      long begun = System.nanoTime();
      var preparation =
          new Preparation(
              tokenizer,
              texts.files(),
              settings,
              out,
              (share, tokens, bad) -> tell(line, share, tokens, bad, begun));
      Preparation.Result result = preparation.runUntil(stop);
      line.end();
      return result;
    }
  }

  private static void tell(ProgressLine line, double share, long tokens, long bad, long begun) {
    if (tokens > 0 && line.due()) {
      double seconds = (System.nanoTime() - begun) / 1e9;
      Map<String, String> facts = new LinkedHashMap<>();
      facts.put("tokens", String.format(Locale.ROOT, "%,d", tokens));
      facts.put("tokens/s", String.format(Locale.ROOT, "%,.0f", tokens / seconds));
      facts.put("bad", Long.toString(bad));
      line.tell("prepare", share, facts);
    }
  }

  private Map<String, Object> figures(Preparation.Result result) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("documents", result.index().documents());
    figures.put("tokens", result.index().tokens());
    figures.put("badRecords", result.index().badRecords());
    figures.put("withoutTokens", result.index().withoutTokens());
    figures.put("seconds", result.seconds());
    figures.put("tokensPerSecond", result.tokensPerSecond());
    figures.put("shards", result.index().shards().size());
    figures.put("stopped", result.stopped());
    figures.put("out", out.toString());
    return figures;
  }

  private String summary(Preparation.Result result) {
    long bad = result.index().badRecords().values().stream().mapToLong(Long::longValue).sum();
    return String.format(
        Locale.ROOT,
        "%,d documents, %,d tokens, shards: %d, in %s (%,.0f tokens/s)%s%nShards: %s%s",
        result.index().documents(),
        result.index().tokens(),
        result.index().shards().size(),
        ProgressLine.time(result.seconds()),
        result.tokensPerSecond(),
        bad == 0 ? "" : "; left out " + bad + " bad records: " + result.index().badRecords(),
        out,
        result.stopped() ? "\nTo go on: the same command again" : "");
  }
}
