package org.mneme.app.cli;

import org.mneme.config.Printer;
import org.mneme.config.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Checks settings.
@Command(
    name = "validate",
    description = {
      "Check the settings of a training run.",
      "Exits with 3 and says what is wrong and where, or prints that they are valid. Files that"
          + " they name are not looked at."
    })
final class ConfigValidate implements Runnable {
  private final Console console;
  @Mixin private final SettingsOptions settings = new SettingsOptions();

  ConfigValidate(Console console) {
    this.console = console;
  }

  @Override
  public void run() {
    int all = Settings.count(Printer.tree(settings.read()));
    console.result(
        "valid: %d settings given, %d in all".formatted(settings.written().count(), all));
  }
}
