package org.mneme.app.cli;

import org.mneme.config.Binder;
import org.mneme.config.Settings;
import org.mneme.run.Recipes;
import org.mneme.run.RunConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// A file of settings, and changes to it.
final class SettingsOptions {
  @Parameters(
      paramLabel = "FILE",
      description = "Settings, YAML or JSON; or the name of a recipe (mneme recipes ls).")
  private String file = "";

  @Mixin private final SettingChanges changes = new SettingChanges();

  /// The settings as they were written.
  Settings written() {
    return changes.in(Recipes.settings(file));
  }

  /// The settings, checked, with everything that was left out.
  RunConfig read() {
    return Binder.bind(written(), RunConfig.class);
  }
}
