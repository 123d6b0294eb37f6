package org.mneme.app.cli;

import org.mneme.config.Schema;
import org.mneme.run.RunConfig;
import picocli.CommandLine.Command;

/// Prints the schema of settings.
@Command(
    name = "schema",
    description = "Print the JSON Schema of the settings of training runs, for editors.",
    footer = {
      "",
      "An editor with a YAML language server takes it from the first line of a file:",
      "  # yaml-language-server: $schema=mneme.schema.json"
    })
final class ConfigSchema implements Runnable {
  private final Console console;

  ConfigSchema(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    console.result(
        Schema.json(RunConfig.class, "Settings of a Mneme training run").stripTrailing());
  }
}
