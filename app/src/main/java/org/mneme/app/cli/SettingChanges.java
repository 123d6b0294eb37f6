package org.mneme.app.cli;

import java.util.List;
import org.mneme.config.Settings;
import picocli.CommandLine.Option;

/// Settings that are changed on the command line.
final class SettingChanges {
  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "Change a setting, as in --set train.stop.steps=200; values are YAML, numbers in keys"
              + " count the elements of lists from 0. Can be given several times.")
  private List<String> assignments = List.of();

  /// `settings` with the changes.
  Settings in(Settings settings) {
    return settings.with(assignments);
  }

  /// Whether the setting `key` is changed.
  boolean change(String key) {
    return assignments.stream().anyMatch(one -> one.startsWith(key + "="));
  }
}
