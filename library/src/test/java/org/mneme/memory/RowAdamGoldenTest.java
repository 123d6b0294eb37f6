package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mneme.GoldenFiles.assertClose;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GoldenFiles;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.tensor.TensorScope;

/// What torch.optim.SparseAdam computed, step by step.
class RowAdamGoldenTest {
  static List<Path> files() {
    return GoldenFiles.filesOfKind("sparse_adam");
  }

  @ParameterizedTest
  @MethodSource("files")
  void agreesWithSparseAdam(Path path) {
    try (var scope = new TensorScope();
        var file = SafetensorsFile.open(path)) {
      Map<String, String> metadata = file.metadata();
      Tensor values = file.tensor("input.values");
      var table = new ValueTable(values, MemoryEngine.chosen());
      var settings =
          new RowAdam.Settings(
              Double.parseDouble(metadata.get("beta1")),
              Double.parseDouble(metadata.get("beta2")),
              Double.parseDouble(metadata.get("eps")),
              RowAdam.MomentType.FLOAT32);
      try (var adam = new RowAdam(table, settings)) {
        int steps = Integer.parseInt(metadata.get("steps"));
        for (int step = 0; step < steps; step++) {
          TableGradients.give(
              table, file.tensor("input.rows." + step), file.tensor("input.grad." + step));
          adam.step(Double.parseDouble(metadata.get("lr")));
          assertClose("step " + step, file.tensor("output.values." + step), values);
        }
        assertEquals(Set.of("first_moment", "second_moment"), adam.state().keySet());
        adam.state()
            .forEach((name, moment) -> assertClose(name, file.tensor("output." + name), moment));
      }
    }
  }
}
