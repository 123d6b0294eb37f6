package org.mneme.app.cli;

import org.mneme.config.Printer;
import org.mneme.run.RunConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Shows settings with everything that was left out.
@Command(
    name = "show",
    description = {
      "Show the settings of a training run with everything that was left out.",
      "What is printed can be trained with, and says the same."
    })
final class ConfigShow implements Runnable {
  /// How settings are written.
  enum Format {
    YAML,
    JSON
  }

  private final Console console;
  @Mixin private final SettingsOptions settings = new SettingsOptions();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  private Format format = Format.YAML;

  @Option(names = "--comments", description = "Say above each key what it means (yaml).")
  private boolean comments;

  ConfigShow(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    RunConfig config = settings.read();
    String text =
        switch (format) {
          case YAML -> Printer.yaml(config, comments);
          case JSON -> Printer.json(config);
        };
    console.result(text.stripTrailing());
  }
}
