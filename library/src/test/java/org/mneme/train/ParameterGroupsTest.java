package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class ParameterGroupsTest {
  private static final List<String> NAMES =
      List.of(
          "bert.embeddings.word_embeddings.weight",
          "bert.embeddings.LayerNorm.weight",
          "bert.encoder.layer.0.output.dense.weight",
          "bert.encoder.layer.0.output.dense.bias",
          "bert.encoder.layer.1.output.dense.weight",
          "bert.encoder.layer.1.memory.keys",
          "bert.encoder.layer.1.memory.query.weight",
          "cls.predictions.bias");

  private static ParameterGroups groups(Consumer<OptimizerConfig.Draft> changes) {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    for (String name : NAMES) {
      boolean matrix = name.endsWith("keys") || (name.endsWith("weight") && !name.contains("Norm"));
      parameters.put(name, matrix ? Tensors.of(new float[4], 2, 2) : Tensors.of(new float[2], 2));
    }
    OptimizerConfig config =
        OptimizerConfig.DEFAULT.with(optimizer -> {
          optimizer.learningRate = 1;
          changes.accept(optimizer);
        });
    return new ParameterGroups(config, parameters, NAMES);
  }

  private static AdamW.Group groupOf(ParameterGroups groups, int name) {
    return groups.groups().stream()
        .filter(group -> group.parameters().containsKey(NAMES.get(name)))
        .reduce((a, b) -> {
          throw new AssertionError(NAMES.get(name) + " is in two groups");
        })
        .orElseThrow();
  }

  @Test
  void matricesDecayAndNothingElse() {
    try (var scope = new TensorScope()) {
      ParameterGroups groups = groups(optimizer -> optimizer.weightDecay = 0.1);
      double[] decays = {0.1, 0, 0.1, 0, 0.1, 0, 0.1, 0};
      for (int i = 0; i < decays.length; i++) {
        assertEquals(decays[i], groupOf(groups, i).weightDecay(), NAMES.get(i));
        assertEquals(1, groupOf(groups, i).learningRate());
      }
      assertEquals(2, groups.groups().size());
    }
  }

  @Test
  void ratesFallFromTheTopDown() {
    try (var scope = new TensorScope()) {
      ParameterGroups groups = groups(optimizer -> optimizer.layerDecay = 0.5);
      double[] rates = {0.25, 0.25, 0.5, 0.5, 1, 1, 1, 1};
      for (int i = 0; i < rates.length; i++) {
        assertEquals(rates[i], groupOf(groups, i).learningRate(), NAMES.get(i));
      }
    }
  }

  @Test
  void theFirstGroupThatMatchesDecides() {
    try (var scope = new TensorScope()) {
      ParameterGroups groups =
          groups(optimizer -> {
            optimizer.weightDecay = 0.1;
            optimizer.clipNorm = 5;
            optimizer.valueClipNorm = 7;
            optimizer.groups =
                List.of(
                    new GroupConfig("*.memory.*", 3, 0.2, 2.0),
                    new GroupConfig("bert.encoder.*", 0.5, null, null),
                    new GroupConfig("*", 2, 0.0, 0.0));
          });
      double[] rates = {2, 2, 0.5, 0.5, 0.5, 3, 3, 2};
      double[] decays = {0, 0, 0.1, 0, 0.1, 0, 0.2, 0};
      for (int i = 0; i < rates.length; i++) {
        assertEquals(rates[i], groupOf(groups, i).learningRate(), NAMES.get(i));
        assertEquals(decays[i], groupOf(groups, i).weightDecay(), NAMES.get(i));
      }
      assertEquals(3, groups.valueRateFactor("bert.encoder.layer.1.memory.values"));
      assertEquals(2, groups.valueClipNorm("bert.encoder.layer.1.memory.values"));
      double[] squares = new double[groups.groups().size()];
      double[] factors = new double[squares.length];
      for (int i = 0; i < squares.length; i++) {
        String name = groups.groups().get(i).parameters().keySet().iterator().next();
        squares[i] = 8 * 8;
        factors[i] = name.contains("memory") ? 2 : name.contains("layer") ? 5 : 0;
      }
      for (double own : new double[] {2, 5}) { // several groups have one norm
        long members = java.util.Arrays.stream(factors).filter(f -> f == own).count();
        for (int i = 0; i < factors.length; i++) {
          factors[i] = factors[i] == own ? own / (Math.sqrt(members * 64) + 1e-6) : factors[i];
        }
      }
      for (int i = 0; i < factors.length; i++) {
        factors[i] = factors[i] == 0 ? 1 : factors[i];
      }
      assertArrayEquals(factors, groups.clipFactors(squares), 1e-12);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bert.encoder.layer.11.output.dense.weight, 11",
    "distilbert.transformer.layer.3.ffn.lin1.weight, 3",
    "transformer.h.7.attn.c_attn.weight, 7",
    "model.layers.29.mlp.up_proj.weight, 29",
    "layers.2.weight, 2",
    "bert.embeddings.word_embeddings.weight, -1",
    "bert.player.3.weight, -1",
  })
  void blocksAreKnownByTheirNames(String name, int block) {
    assertEquals(
        block < 0 ? OptionalInt.empty() : OptionalInt.of(block), ParameterGroups.block(name));
  }
}
