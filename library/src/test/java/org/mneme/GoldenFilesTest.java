package org.mneme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.tensor.TensorScope;

class GoldenFilesTest {
  @Test
  void filesAreFoundByKindAndByTheStartOfTheirName() {
    assertEquals(GoldenFiles.filesOfKind("product_key_memory"), GoldenFiles.filesOfKind("pkm_"));
    for (var tokenizer : GoldenFiles.filesOfKind("tokenizer")) {
      assertTrue(Files.exists(tokenizer.resolveSibling("tokenizer.json")), tokenizer.toString());
    }
    for (var model : GoldenFiles.filesOfKind("hf_masked_lm")) {
      assertTrue(Files.exists(model.resolveSibling("config.json")), model.toString());
    }
  }

  @Test
  void noFilesAtAllIsAFailure() {
    var error = assertThrows(AssertionError.class, () -> GoldenFiles.filesOfKind("no_such_thing"));
    assertTrue(error.toString().contains("no_such_thing"), error.toString());
  }

  @Test
  void everyGoldenTensorCanBeRead() {
    for (var path :
        GoldenFiles.filesOfKind("product_key_memory", "mem_", "hf_masked_lm", "adamw")) {
      try (var scope = new TensorScope();
          var file = SafetensorsFile.open(path)) {
        for (var entry : file.entries().values()) {
          var tensor = file.tensor(entry.name());
          assertEquals(entry.bytes(), tensor.nbytes(), entry.name());
        }
      }
    }
  }

  @Test
  void outputsAreComparedByElementAndGradientsByTheLargestElement() {
    double[] expected = {100, 1e-3};
    double[] actual = {100.005, 1.5e-3};
    assertThrows(AssertionError.class, () -> GoldenFiles.assertClose("output", expected, actual));
    GoldenFiles.assertGradientClose("gradient", expected, actual);
    double[] broken = {100, Double.NaN};
    assertThrows(
        AssertionError.class, () -> GoldenFiles.assertGradientClose("gradient", expected, broken));
  }
}
