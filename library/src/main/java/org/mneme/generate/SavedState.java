package org.mneme.generate;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.checkpoint.SafetensorsWriter;
import org.mneme.model.DecodingState;
import org.mneme.tensor.TensorScope;

/// What a model keeps of texts, as a safetensors file.
public final class SavedState {
  private SavedState() {}

  /// Writes `state` to `file`, which it replaces.
  public static void write(DecodingState state, Path file) {
    try (var scope = new TensorScope()) {
      SafetensorsWriter.write(file, state.state(), Map.of());
    }
  }

  /// Has `state` keep what `file` holds.
  ///
  /// @throws org.mneme.InvalidInputException of kind WEIGHTS where that is damaged, or of another
  ///   model
  public static void read(DecodingState state, Path file) {
    try (var saved = SafetensorsFile.open(file);
        var scope = new TensorScope()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      saved.entries().keySet().forEach(name -> tensors.put(name, saved.tensor(name)));
      state.restore(tensors);
    }
  }
}
