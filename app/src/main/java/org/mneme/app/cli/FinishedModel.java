package org.mneme.app.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.mneme.config.Binder;
import org.mneme.config.Settings;
import org.mneme.run.RunConfig;
import org.mneme.run.RunFolder;
import picocli.CommandLine.ITypeConverter;

/// A model folder as it is typed; a run folder stands for the model that the run ended with.
final class FinishedModel implements ITypeConverter<Path> {
  private static final String CONFIG = "config.json";
  private static final String LAST = "final";

  @Override
  public Path convert(String value) {
    Path folder = Path.of(value);
    Path last = folder.resolve(LAST);
    return Files.exists(folder.resolve(CONFIG)) || !Files.exists(last.resolve(CONFIG))
        ? folder
        : last;
  }

  /// The settings of the run that a model folder is the end of; empty for any other folder.
  static Optional<RunConfig> settings(Path model) {
    Path folder = model.toAbsolutePath().normalize();
    Path written = folder.resolveSibling(RunFolder.SETTINGS);
    return folder.endsWith(LAST) && Files.exists(written)
        ? Optional.of(Binder.bind(Settings.read(written), RunConfig.class))
        : Optional.empty();
  }
}
