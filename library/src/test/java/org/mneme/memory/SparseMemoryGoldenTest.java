package org.mneme.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.GoldenFiles.assertClose;
import static org.mneme.GoldenFiles.assertGradientClose;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GoldenFiles;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.Output.Projected;
import org.mneme.memory.Output.ScalarGate;
import org.mneme.memory.Output.SiluGate;
import org.mneme.memory.Values.Experts;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// What the reference implementations of sparse memories computed, down to the gradients and the
/// usage metrics.
class SparseMemoryGoldenTest {
  private static final double TIE = 1e-5;

  static List<Path> productKeyMemories() {
    return GoldenFiles.filesOfKind("product_key_memory");
  }

  static List<Path> memoryLayers() {
    return GoldenFiles.filesOfKind("memory_plus", "product_key_memory_gated", "peer");
  }

  @ParameterizedTest
  @MethodSource({"productKeyMemories", "memoryLayers"})
  void agreesWithTheReference(Path path) {
    try (var scope = new TensorScope();
        var file = SafetensorsFile.open(path);
        var parameters = new Parameters()) {
      SparseMemoryConfig config = config(file.metadata());
      boolean training = Boolean.parseBoolean(file.metadata().get("training"));
      var memory = (SparseMemory) MemoryLayer.create(config, parameters, "", 1);
      load(file, parameters);

      Tensor x = file.tensor("input.x").reshape(-1, config.dim());
      var unused = x.set_requires_grad(true);
      var read = memory.read(x, training);

      Tensor expected = file.tensor("output.y").reshape(-1, config.dim());
      assertClose("output", expected, read.output());
      if (has(file, "output.scores")) {
        assertClose("scores", file.tensor("output.scores"), read.scores());
      }
      assertSameSlots(file, read, config.slotsPerHead());
      assertClose("weights", file.tensor("output.weights"), read.weights());

      Tensor gradient = file.tensor("input.grad_output").reshape(-1, config.dim());
      read.output().backward(gradient, new BoolOptional(), false, new TensorArrayRefOptional());
      TableGradients.materialize(memory.tables());
      assertGradientClose("x", file.tensor("grad.x").reshape(-1, config.dim()), x.grad());
      boolean biasVanishes = training && config.query().norm() == QueryNorm.BATCH && x.size(0) > 1;
      for (String name : parameters.trained().keySet()) {
        Tensor actual = parameters.get(name).grad();
        if (biasVanishes && name.equals("query.bias")) {
          assertVanishes(actual, parameters.get("query.weight").grad());
        } else {
          assertGradientClose(name, file.tensor("grad." + name), actual);
        }
      }
      for (String name : List.of("norm.running_mean", "norm.running_var")) {
        if (parameters.contains(name)) {
          String after = has(file, "output." + name) ? "output." : "param.";
          assertClose(name, file.tensor(after + name), parameters.get(name));
        }
      }
      if (file.metadata().containsKey("metric.usage")) {
        try (UsageWindow window = memory.usage().take()) {
          assertSameUsage(file.metadata(), window.report());
        }
      }
    }
  }

  private static boolean has(SafetensorsFile file, String tensor) {
    return file.entries().containsKey(tensor);
  }

  /// Batch norm takes the mean away, so a bias before it has no gradient: what either side computes
  /// is rounding, far below the gradient of the weight beside it.
  private static void assertVanishes(Tensor biasGradient, Tensor weightGradient) {
    double largest = Arrays.stream(Tensors.doubles(weightGradient)).map(Math::abs).max().orElse(0);
    for (double element : Tensors.doubles(biasGradient)) {
      assertEquals(0, element, 1e-4 * largest, "query.bias");
    }
  }

  private static SparseMemoryConfig config(Map<String, String> metadata) {
    int dim = number(metadata, "dim");
    return SparseMemoryConfig.defaults(dim)
        .with(memory -> {
          memory.keys = new ProductKeys(number(metadata, "keysPerSide"));
          memory.heads = number(metadata, "heads");
          memory.slotsPerHead = number(metadata, "slotsPerHead");
          memory.queryDim = number(metadata, "queryDim");
          memory.queryNorm =
              QueryNorm.valueOf(metadata.getOrDefault("queryNorm", "").toUpperCase(Locale.ROOT));
          int valueDim = metadata.containsKey("valueDim") ? number(metadata, "valueDim") : dim;
          if (holds(metadata, "silu_gate")) {
            memory.output = new SiluGate(valueDim);
          } else if (holds(metadata, "scalar_gate")) {
            memory.output = new ScalarGate();
          } else if (valueDim != dim) {
            memory.output = new Projected(valueDim);
          }
          if ("peer".equals(metadata.get("kind"))) {
            memory.values = new Experts(ValueInit.NORMAL);
          }
        });
  }

  private static int number(Map<String, String> metadata, String key) {
    return Integer.parseInt(metadata.get(key));
  }

  private static boolean holds(Map<String, String> metadata, String key) {
    return Boolean.parseBoolean(metadata.get(key));
  }

  private static void load(SafetensorsFile file, Parameters parameters) {
    int found = 0;
    try (var guard = new NoGradGuard()) {
      for (String name : parameters.all().keySet()) {
        var unused = parameters.get(name).copy_(file.tensor("param." + name));
        found++;
      }
    }
    long inFile = file.entries().keySet().stream().filter(n -> n.startsWith("param.")).count();
    assertEquals(inFile, found);
  }

  /// The same slots for each head, except where scores are within rounding of the last one's; where
  /// the file has no scores, their weights stand for them.
  private static void assertSameSlots(SafetensorsFile file, SparseMemory.Read read, int k) {
    long[] expected = Tensors.longs(file.tensor("output.indices"));
    boolean scored = has(file, "output.scores");
    double[] expectedScores =
        Tensors.doubles(file.tensor(scored ? "output.scores" : "output.weights"));
    long[] actual = Tensors.longs(read.slots());
    double[] actualScores = Tensors.doubles(scored ? read.scores() : read.weights());
    assertEquals(expected.length, actual.length);
    for (int from = 0; from < expected.length; from += k) {
      double last = Math.min(expectedScores[from + k - 1], actualScores[from + k - 1]);
      assertContains(expected, actual, actualScores, from, k, last);
      assertContains(actual, expected, expectedScores, from, k, last);
    }
  }

  private static void assertContains(
      long[] some, long[] others, double[] scores, int from, int k, double last) {
    Set<Long> slots = new HashSet<>();
    for (int i = from; i < from + k; i++) {
      slots.add(some[i]);
    }
    for (int i = from; i < from + k; i++) {
      assertTrue(
          slots.contains(others[i]) || scores[i] <= last + TIE * (1 + Math.abs(last)),
          "slot " + others[i] + " at " + i);
    }
  }

  private static void assertSameUsage(Map<String, String> metadata, UsageReport report) {
    assertMetric(metadata, "usage", 100 * report.usage());
    assertMetric(metadata, "usage_top1", 100 * report.top1Usage());
    assertMetric(metadata, "kl_weight", report.klWeight());
    assertMetric(metadata, "kl_count", report.klCount());
    assertMetric(metadata, "kl_top1_count", report.top1KlCount());
    assertMetric(metadata, "kl_top1_weight", report.top1KlWeight());
    assertMetric(metadata, "gini_weight", report.giniWeight());
  }

  private static void assertMetric(Map<String, String> metadata, String name, double actual) {
    double expected = Double.parseDouble(metadata.get("metric." + name));
    assertEquals(expected, actual, 1e-5 + 1e-5 * Math.abs(expected), name);
  }
}
