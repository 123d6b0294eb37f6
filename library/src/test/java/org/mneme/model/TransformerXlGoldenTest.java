package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GoldenFiles;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.data.CausalBatch;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.train.CrossEntropy;

/// Losses over several segments, memories and every gradient against the authors' own code.
class TransformerXlGoldenTest {
  static List<Path> cases() {
    return GoldenFiles.filesOfKind("transformer_xl");
  }

  static TransformerXlConfig config(Map<String, String> json) {
    int dim = number(json, "dim");
    String cutoffs = json.getOrDefault("cutoffs", "");
    return new TransformerXlConfig(
        number(json, "vocabulary"),
        new TransformerXlConfig.Clusters(
            cutoffs.isBlank()
                ? List.of()
                : Arrays.stream(cutoffs.split(","))
                    .map(String::trim)
                    .map(Integer::valueOf)
                    .toList(),
            number(json, "embeddingDim"),
            number(json, "divVal")),
        dim,
        number(json, "layers"),
        number(json, "heads"),
        number(json, "headDim"),
        number(json, "innerDim"),
        Activation.RELU,
        new TransformerXlConfig.Reach(
            number(json, "memoryLength"),
            isTrue(json, "sameLength"),
            Math.max(0, number(json, "clampLength"))),
        isTrue(json, "preNorm"),
        1e-5,
        new TransformerXlConfig.Shares(0, 0),
        isTrue(json, "tied"),
        null,
        null,
        0,
        null);
  }

  private static int number(Map<String, String> json, String key) {
    return Integer.parseInt(json.get(key));
  }

  private static boolean isTrue(Map<String, String> json, String key) {
    return json.getOrDefault(key, "").equalsIgnoreCase("true");
  }

  /// Our name of a tensor of the reference.
  private static String name(String reference) {
    return reference.startsWith("crit.") ? reference : "transformer." + reference;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithTheReference(Path file) {
    try (var golden = SafetensorsFile.open(file)) {
      TransformerXlConfig config = config(golden.metadata());
      int batch = number(golden.metadata(), "batch");
      int segments = number(golden.metadata(), "segments");
      try (var model = new CausalLanguageModel(config, 1);
          var memory = new SegmentMemory(config, batch, config.attention().memoryLength());
          var scope = new TensorScope()) {
        load(model, golden);
        Tensor last = Tensors.zeros(torch.ScalarType.Float, batch, 0, config.dim());
        for (int segment = 0; segment < segments; segment++) {
          MaskedInput input =
              MaskedInput.of(segment(golden, segment), memory.part(0, segment(golden, segment)));
          Tensor hidden = model.base().encode(input.input(), true);
          last = torch.cat(new TensorVector(last, hidden.detach()), 1);
          Tensor logits = model.decode(hidden.view(-1, config.dim()));
          Tensor losses = logits.log_softmax(1).gather(1, input.labels().view(-1, 1)).neg();
          Tensor expected = golden.tensor("output.nll." + segment);
          GoldenFiles.assertClose(
              "nll " + segment,
              expected,
              inOrder(losses.view_as(expected), input.labels(), config));
          memory.advance(segment(golden, segment));
          if (segment == segments - 1) {
            checkGradients(model, golden, hidden.view(-1, config.dim()), input.labels());
          }
        }
        for (int layer = 0; layer < config.layers(); layer++) {
          String name = "output.memory." + layer;
          GoldenFiles.assertClose(name, golden.tensor(name), memory.hidden(layer));
        }
        Tensor outputs = last.narrow(1, last.size(1) - memory.length(), memory.length());
        String name = "output.memory." + config.layers();
        GoldenFiles.assertClose(name, golden.tensor(name), outputs);
      }
    }
  }

  /// The reference hands back losses cluster by cluster, inside of one token by token of all rows.
  private static Tensor inOrder(Tensor losses, Tensor labels, TransformerXlConfig config) {
    double[] own = Tensors.doubles(losses.t());
    long[] words = Tensors.longs(labels.view_as(losses).t());
    int[] order =
        IntStream.range(0, own.length)
            .boxed()
            .sorted(Comparator.comparing(i -> cluster(words[i], config)))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] sorted = Arrays.stream(order).mapToDouble(i -> own[i]).toArray();
    return Tensors.of(sorted, losses.size(1), losses.size(0)).t();
  }

  private static long cluster(long word, TransformerXlConfig config) {
    return config.clusters().cutoffs().stream().filter(cutoff -> word >= cutoff).count();
  }

  private static void load(CausalLanguageModel model, SafetensorsFile golden) {
    int loaded = 0;
    try (var guard = new NoGradGuard()) {
      for (String name : golden.entries().keySet()) {
        if (name.startsWith("param.")) {
          Tensor own = model.parameters().get(name(name.substring("param.".length())));
          var unused = own.copy_(golden.tensor(name));
          loaded++;
        }
      }
    }
    assertEquals(model.parameters().all().size(), loaded, "parameters without a golden one");
  }

  static CausalBatch segment(SafetensorsFile golden, int segment) {
    Tensor ids = golden.tensor("input.tokens." + segment);
    long[] real = new long[(int) ids.numel()];
    Arrays.fill(real, 1);
    return new CausalBatch(
        (int) ids.size(0),
        (int) ids.size(1),
        Tensors.longs(ids),
        real,
        Tensors.longs(golden.tensor("input.targets." + segment)),
        new boolean[real.length],
        false,
        segment > 0);
  }

  private static void checkGradients(
      CausalLanguageModel model, SafetensorsFile golden, Tensor hidden, Tensor labels) {
    CrossEntropy.PLAIN.mean(model, hidden, labels, labels.size(0)).backward();
    int compared = 0;
    for (String name : golden.entries().keySet()) {
      if (name.startsWith("grad.")) {
        Tensor parameter = model.parameters().get(name(name.substring("grad.".length())));
        GoldenFiles.assertGradientClose(name, golden.tensor(name), parameter.grad());
        compared++;
      }
    }
    assertEquals(model.parameters().trained().size(), compared);
    assertTrue(compared > 0);
  }
}
