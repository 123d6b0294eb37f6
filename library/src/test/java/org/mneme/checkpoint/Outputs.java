package org.mneme.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.mneme.model.TokenInput;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// What an encoder with a masked-LM head computes, to be compared bit by bit.
final class Outputs {
  private Outputs() {}

  /// Everything that a model computes for a padded batch: hidden states, and logits at targets.
  static List<float[]> of(PretrainedModel model) {
    List<float[]> outputs = new ArrayList<>();
    try (var scope = new TensorScope()) {
      TokenInput input =
          new TokenInput(
              Tensors.of(new long[] {2, 67, 81, 3, 2, 4, 90, 83, 64, 3, 0, 0, 2, 3, 0}, 3, 5),
              Tensors.of(new long[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0}, 3, 5),
              null);
      model.encoder().hiddenStates(input).forEach(state -> outputs.add(Tensors.floats(state)));
      outputs.add(Tensors.floats(model.encoder().encode(input, false)));
      Tensor targets = Tensors.of(new long[] {1, 5, 7, 13}, 4);
      outputs.add(Tensors.floats(model.encoder().encodeTargets(input, targets, false)));
      outputs.add(Tensors.floats(model.maskedLanguageModel().logits(input, targets, false)));
    }
    return outputs;
  }

  /// The same of the model in a folder.
  static List<float[]> of(Path folder) {
    try (PretrainedModel model = PretrainedModel.load(folder)) {
      return of(model);
    }
  }
}
