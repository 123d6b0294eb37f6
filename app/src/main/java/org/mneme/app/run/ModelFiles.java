package org.mneme.app.run;

import java.nio.file.Path;
import org.mneme.app.cli.Console;
import org.mneme.checkpoint.ModelFolder;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.model.ArchitectureConfig;

/// Opens model folders for commands.
public final class ModelFiles {
  private ModelFiles() {}

  /// Loads a model; tells of weights that found no place, and with `--verbose` of all.
  public static PretrainedModel load(Path folder, Console console) {
    PretrainedModel model = PretrainedModel.load(folder);
    tell(model, console);
    return model;
  }

  /// Tells of weights that found no place, and with `--verbose` of all.
  public static void tell(PretrainedModel model, Console console) {
    if (!model.report().unexpected().isEmpty()) {
      console.note(model.report().summary());
    } else {
      console.detail(model.report().summary());
    }
  }

  /// The sizes of the model in a folder.
  public static ArchitectureConfig config(Path folder) {
    return ArchitectureConfig.fromJson(ModelFolder.readConfig(folder));
  }
}
