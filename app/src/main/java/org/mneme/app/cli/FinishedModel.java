package org.mneme.app.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;

/// A model folder as it is typed; a run folder stands for the model that the run ended with.
final class FinishedModel implements ITypeConverter<Path> {
  private static final String CONFIG = "config.json";

  @Override
  public Path convert(String value) {
    Path folder = Path.of(value);
    Path last = folder.resolve("final");
    return Files.exists(folder.resolve(CONFIG)) || !Files.exists(last.resolve(CONFIG))
        ? folder
        : last;
  }
}
