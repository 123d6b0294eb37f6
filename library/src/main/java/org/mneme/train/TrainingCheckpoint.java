package org.mneme.train;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.checkpoint.SafetensorsWriter;
import org.mneme.tensor.TensorScope;

/// A model in the middle of its training: a plain model folder with the optimisers' moments and the
/// counters beside the weights, in `trainer.safetensors`.
public final class TrainingCheckpoint {
  private static final String STATE = "trainer.safetensors";

  private TrainingCheckpoint() {}

  /// Writes model and trainer into `folder`. The trainer's file comes last: a folder without it is
  /// not a checkpoint.
  public static void write(Path folder, PretrainedModel model, Trainer trainer) {
    model.save(folder);
    try (var scope = new TensorScope()) {
      SafetensorsWriter.write(folder.resolve(STATE), trainer.state(), Map.of("format", "mneme 1"));
    }
  }

  /// Whether `folder` holds a checkpoint that was written to its end.
  public static boolean isWhole(Path folder) {
    return Files.isRegularFile(folder.resolve(STATE));
  }

  /// Puts a trainer of the same settings into the state it was saved in.
  public static void restore(Path folder, Trainer trainer) {
    try (var scope = new TensorScope();
        SafetensorsFile file = SafetensorsFile.open(folder.resolve(STATE))) {
      Map<String, Tensor> state = new LinkedHashMap<>();
      file.entries().keySet().forEach(name -> state.put(name, file.tensor(name)));
      trainer.restore(state);
    }
  }
}
