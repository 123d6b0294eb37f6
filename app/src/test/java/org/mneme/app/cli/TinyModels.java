package org.mneme.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mneme.app.TinyFolder;

/// A tiny model in a folder, and what commands on it want beside it.
///
/// @param plain the model without memories
/// @param text 60 lines of its words
record TinyModels(String plain, String text) {
  /// Before anything is written.
  static final TinyModels NONE = new TinyModels("", "");

  /// Writes a BERT into `folder`.
  static TinyModels encoder(Path folder) {
    return withText(TinyFolder.model(folder.resolve("plain")));
  }

  /// Writes a GPT-2 into `folder`.
  static TinyModels causal(Path folder) {
    return withText(TinyFolder.causal(folder.resolve("plain")));
  }

  private static TinyModels withText(Path model) {
    Path text = TinyFolder.text(model.resolveSibling("text.txt"), 60, 1);
    return new TinyModels(model.toString(), text.toString());
  }

  /// Writes the model with memories of 64 slots in both blocks to `out`, well or not.
  CommandRun augment(Path out, String... more) {
    List<String> args = new ArrayList<>(List.of("augment", plain, "--layers", "0,1"));
    args.addAll(List.of("--keys-per-side", "8", "--heads", "2", "--slots-per-head", "4"));
    args.addAll(List.of("--query-dim", "8", "--out", out.toString()));
    args.addAll(List.of(more));
    return CommandRun.of(args.toArray(String[]::new));
  }

  /// The same, which has to end well and say nothing else; gives the folder.
  String augmented(Path out) {
    CommandRun run = augment(out);
    assertEquals(0, run.exitCode(), run.err());
    assertEquals("", run.err());
    return out.toString();
  }
}
