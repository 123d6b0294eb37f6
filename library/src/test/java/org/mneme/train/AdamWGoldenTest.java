package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GoldenFiles;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Groups, clipping, a changing rate and missing gradients against torch's AdamW.
class AdamWGoldenTest {
  static List<Path> files() {
    return GoldenFiles.filesOfKind("adamw");
  }

  @ParameterizedTest
  @MethodSource("files")
  void agreesWithTorch(Path file) {
    try (var golden = SafetensorsFile.open(file);
        var parameters = new Parameters();
        var scope = new TensorScope()) {
      Map<String, String> settings = golden.metadata();
      double[] rates = numbers(settings, "lr");
      double[] decays = numbers(settings, "weight_decay");
      double[] betas = numbers(settings, "betas");
      double[] norms = numbers(settings, "gradient_norms_before_clipping");
      String clip = settings.get("clip_global_norm");
      double maxNorm = clip.equals("none") ? 0 : Double.parseDouble(clip);
      List<AdamW.Group> groups = new ArrayList<>();
      for (int p = 0; p < rates.length; p++) {
        String name = "param." + p;
        Tensor own = parameters.parameter(name, golden.tensor(name));
        groups.add(new AdamW.Group(name, Map.of(name, own), rates[p], decays[p]));
      }
      double eps = Double.parseDouble(settings.get("eps"));
      try (var optimizer = new AdamW(groups, new AdamW.Settings(betas[0], betas[1], eps))) {
        for (int step = 0; step < norms.length; step++) {
          parameters.clearGradients();
          for (int p = 0; p < rates.length; p++) {
            String gradient = "input.grad." + p + "." + step;
            if (golden.entries().containsKey(gradient)) {
              parameters.get("param." + p).mutable_grad().put(golden.tensor(gradient));
            }
          }
          double norm = optimizer.gradientNorm();
          assertEquals(norms[step], norm, 1e-5 * norms[step], "norm at step " + step);
          // the files' own schedule: at step s (from 0): min(1,(s+1)/4)*max(0.1,1-s/12)
          double factor = Math.min(1, (step + 1) / 4.0) * Math.max(0.1, 1 - step / 12.0);
          optimizer.step(factor, AdamW.clipFactor(norm, maxNorm));
          for (int p = 0; p < rates.length; p++) {
            String name = "output.param." + p + "." + step;
            GoldenFiles.assertClose(name, golden.tensor(name), parameters.get("param." + p));
          }
        }
      }
    }
  }

  private static double[] numbers(Map<String, String> settings, String key) {
    JsonNode array = JsonMapper.shared().readTree(settings.get(key));
    return array.valueStream().mapToDouble(JsonNode::asDouble).toArray();
  }
}
