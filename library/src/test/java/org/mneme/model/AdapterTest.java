package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.GradientCheck;
import org.mneme.InvalidInputException;
import org.mneme.PointerCount;
import org.mneme.TinyModel;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class AdapterTest {
  private static final String QUERY = "model.layers.1.self_attn.q_proj";
  private static final long[] TEXT = {5, 9, 3, 7, 0, 2, 4};

  private static LlamaConfig llama() {
    return new LlamaConfig(
        LlamaConfig.Family.QWEN2,
        11,
        8,
        2,
        new LlamaConfig.Attention(2, 1, 4, true, false, List.of(), 0),
        new Rotary(100, new Rotary.Unscaled()),
        6,
        false,
        Activation.SILU,
        20,
        1e-6,
        false,
        null,
        null,
        null,
        0);
  }

  private static LlamaConfig adapted() {
    return llama().withAdapters(new AdapterConfig(List.of(0, 1), 3, 4.5, AdapterConfig.TARGETS));
  }

  private static Tensor logits(CausalLanguageModel model) {
    TokenInput input = new TokenInput(Tensors.of(TEXT, 1, TEXT.length), null, null);
    Tensor all = torch.arange(new org.bytedeco.pytorch.Scalar(TEXT.length));
    return model.logits(input, all.to(torch.ScalarType.Long), true);
  }

  @Test
  void freshAdaptersChangeNoBit() {
    try (var plain = new CausalLanguageModel(llama(), 3);
        var adapted = new CausalLanguageModel(adapted(), 3);
        var scope = new TensorScope()) {
      assertArrayEquals(Tensors.floats(logits(plain)), Tensors.floats(logits(adapted)));
      for (String name : plain.parameters().all().keySet()) {
        assertArrayEquals(
            Tensors.floats(plain.parameters().get(name)),
            Tensors.floats(adapted.parameters().get(name)),
            name);
      }
    }
  }

  @Test
  void memoriesAreDrawnAsWithoutAdapters() {
    MemoryPlacement memory = TinyModel.beside(TinyModel.memory(8), 1);
    try (var plain = new CausalLanguageModel(llama().withMemory(memory), 3);
        var both = new CausalLanguageModel(adapted().withMemory(memory), 3);
        var scope = new TensorScope()) {
      String keys = "model.layers.1.memory.keys";
      assertArrayEquals(
          Tensors.floats(plain.parameters().get(keys)),
          Tensors.floats(both.parameters().get(keys)));
    }
  }

  @Test
  void theyAreCalledAsPeftCallsThem() {
    AdapterConfig some = new AdapterConfig(List.of(1), 3, 6, List.of("down_proj", "q_proj"));
    assertEquals(
        Map.of(
            QUERY + ".lora_A.weight",
            List.of(3L, 8L),
            QUERY + ".lora_B.weight",
            List.of(8L, 3L),
            "model.layers.1.mlp.down_proj.lora_A.weight",
            List.of(3L, 6L),
            "model.layers.1.mlp.down_proj.lora_B.weight",
            List.of(8L, 3L)),
        shapes(llama().withAdapters(some)));
    assertEquals(28, shapes(adapted()).size());
  }

  private static Map<String, List<Long>> shapes(LlamaConfig config) {
    try (var model = new CausalLanguageModel(config, 1)) {
      Map<String, List<Long>> shapes = new TreeMap<>();
      model
          .parameters()
          .all()
          .forEach((name, tensor) -> {
            if (AdapterConfig.isAdapter(name)) {
              shapes.put(name, List.of(tensor.size(0), tensor.size(1)));
            }
          });
      return shapes;
    }
  }

  @Test
  void theyAreDrawnUniformlyAndDifferFromPlaceToPlace() {
    try (var model = new CausalLanguageModel(adapted(), 3);
        var again = new CausalLanguageModel(adapted(), 3);
        var other = new CausalLanguageModel(adapted(), 4);
        var scope = new TensorScope()) {
      float[] drawn = down(model, QUERY);
      double bound = 1 / Math.sqrt(8);
      double largest = 0;
      for (float value : drawn) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertTrue(largest <= bound && largest > 0.7 * bound, "largest " + largest);
      assertArrayEquals(drawn, down(again, QUERY));
      Set<String> all =
          adapted().adapters().targets().stream()
              .map(target -> Arrays.toString(down(model, "model.layers.1." + part(target))))
              .collect(Collectors.toSet());
      assertEquals(7, all.size());
      assertTrue(!Arrays.equals(drawn, down(other, QUERY)));
      assertTrue(!Arrays.equals(drawn, down(model, "model.layers.0.self_attn.q_proj")));
    }
  }

  private static String part(String target) {
    return (target.matches("[qkvo]_proj") ? "self_attn." : "mlp.") + target;
  }

  private static float[] down(CausalLanguageModel model, String projection) {
    return Tensors.floats(model.parameters().get(projection + ".lora_A.weight"));
  }

  @Test
  void aModelWithThemIsOneWithOtherWeights() {
    try (var adapted = new CausalLanguageModel(adapted(), 3);
        var merged = new CausalLanguageModel(llama(), 3);
        var scope = new TensorScope()) {
      stir(adapted.parameters());
      for (String name : merged.parameters().all().keySet()) {
        merge(adapted.parameters(), merged.parameters(), name);
      }
      assertArrayEquals(
          Tensors.doubles(logits(merged).to(torch.ScalarType.Double)),
          Tensors.doubles(logits(adapted).to(torch.ScalarType.Double)),
          1e-12);
    }
  }

  private static void stir(Parameters parameters) {
    parameters.convert(torch.ScalarType.Double);
    GradientCheck.stir(parameters, 0.3);
  }

  /// W + 4.5 / 3 B A, number by number.
  private static void merge(Parameters from, Parameters into, String name) {
    Tensor weight = from.get(name);
    double[] sum = Tensors.doubles(weight);
    String projection = name.replaceFirst("\\.weight$", "");
    if (from.contains(projection + ".lora_A.weight")) {
      double[] down = Tensors.doubles(from.get(projection + ".lora_A.weight"));
      double[] up = Tensors.doubles(from.get(projection + ".lora_B.weight"));
      int in = down.length / 3;
      for (int i = 0; i < sum.length; i++) {
        for (int r = 0; r < 3; r++) {
          sum[i] += 1.5 * up[i / in * 3 + r] * down[r * in + i % in];
        }
      }
    }
    into.get(name).set_data(Tensors.of(sum, sum.length).view_as(weight));
  }

  @Test
  void gradientsMatchCentralDifferences() {
    try (var model = new CausalLanguageModel(adapted(), 3);
        var scope = new TensorScope()) {
      stir(model.parameters());
      Tensor labels = Tensors.of(new long[] {6, 2, 0, 1, 1, 9, 10}, TEXT.length);
      double error =
          GradientCheck.worstError(
              model.parameters().trained(), () -> torch.cross_entropy_loss(logits(model), labels));
      assertTrue(error < 1e-6, "worst relative error " + error);
    }
  }

  @Test
  void computingBlocksAgainGivesTheSameGradients() {
    float[] kept = gradient(false);
    assertArrayEquals(kept, gradient(true));
    assertTrue(kept[0] != 0);
  }

  private static float[] gradient(boolean recomputes) {
    try (var model = new CausalLanguageModel(adapted(), 3);
        var scope = new TensorScope()) {
      model.parameters().train(AdapterConfig::isAdapter);
      model.base().recompute(recomputes);
      logits(model).square().sum().backward();
      Tensor up = model.parameters().get(QUERY + ".lora_B.weight");
      return Tensors.floats(up.grad());
    }
  }

  @Test
  void aForwardPassLeavesNoTensorsBehind() {
    try (var model = new CausalLanguageModel(adapted(), 3)) {
      forward(model); // what is made once
      long before = PointerCount.settled();
      forward(model);
      assertEquals(before, PointerCount.now());
    }
  }

  private static void forward(CausalLanguageModel model) {
    try (var scope = new TensorScope()) {
      var unused = logits(model);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'', 1, 1, q_proj, adapters.layers",
    "2, 1, 1, q_proj, adapters.layers",
    "-1, 1, 1, q_proj, adapters.layers",
    "0, 0, 1, q_proj, adapters.rank",
    "0, 1, 0, q_proj, adapters.alpha",
    "0, 1, NaN, q_proj, adapters.alpha",
    "0, 1, 1, '', adapters.targets",
    "0, 1, 1, c_attn, adapters.targets"
  })
  void whatDoesNotFitIsToldByItsKey(
      String layer, int rank, double alpha, String target, String key) {
    List<Integer> layers = layer.isEmpty() ? List.of() : List.of(Integer.parseInt(layer));
    List<String> targets = target.isEmpty() ? List.of() : List.of(target);
    var error =
        assertThrows(
            InvalidInputException.class,
            () -> llama().withAdapters(new AdapterConfig(layers, rank, alpha, targets)));
    assertEquals(key, error.key());
  }

  @Test
  void otherModelsSayWhichTakeThem() {
    AdapterConfig some = new AdapterConfig(List.of(0), 1, 1, List.of("q_proj"));
    for (ArchitectureConfig config : List.of(TinyModel.config(), TinyModel.causal())) {
      var error = assertThrows(InvalidInputException.class, () -> config.withAdapters(some));
      assertTrue(error.getMessage().contains("llama, mistral, qwen2"), error.getMessage());
      assertEquals(config, config.withAdapters(null));
    }
  }
}
