package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.Bits;
import org.mneme.GoldenFiles;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;
import org.mneme.TinyModel;
import org.mneme.data.CausalBatches;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.MemoryType;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.Table;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Rows;
import org.mneme.model.Activation;
import org.mneme.model.MaskedInput;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.model.NewModelConfig;
import org.mneme.model.Pooling;
import org.mneme.model.TokenInput;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import tools.jackson.databind.node.ObjectNode;

class PretrainedModelTest {
  private static final int DIM = 40;

  @TempDir Path temp;
  private Path plain = Path.of("");

  @BeforeEach
  void copyGoldenModel() {
    plain = TinyModel.golden("hf_bert_mlm", temp.resolve("plain"));
  }

  /// A memory at each kind of place, and its dense control.
  static Stream<MemoryPlacement> placements() {
    List<MemoryPlacement> placements = new ArrayList<>();
    for (MemoryConfig layer :
        List.of(
            TinyModel.memory(DIM),
            TinyModel.memory(DIM)
                .with(layer -> {
                  layer.queryNorm = QueryNorm.LAYER;
                  layer.scoreActivation = new ScaledSoftmax(5);
                }),
            TinyModel.memory(MemoryType.FLAT_KEY, DIM),
            TinyModel.memory(MemoryType.MEMORY_PLUS, DIM),
            TinyModel.memory(MemoryType.PEER, DIM)
                .with(layer -> layer.tableType = Table.Type.BFLOAT16),
            new DenseConfig(DIM, 11))) {
      for (ReadAt readAt : ReadAt.values()) {
        for (List<Integer> blocks : List.of(List.of(0), List.of(2), List.of(0, 1, 2))) {
          placements.add(new MemoryPlacement(blocks, Placement.BESIDE, readAt, layer));
        }
      }
    }
    return placements.stream();
  }

  /// Everything that a model computes for a padded batch: hidden states, and logits at targets.
  private static List<float[]> outputs(PretrainedModel model) {
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

  private static List<float[]> outputs(Path folder) {
    try (PretrainedModel model = PretrainedModel.load(folder)) {
      return outputs(model);
    }
  }

  @ParameterizedTest
  @MethodSource("placements")
  void withAFreshMemoryBesideItComputesTheSameBits(MemoryPlacement placement) {
    List<float[]> expected = outputs(plain);
    Path folder = temp.resolve("augmented");
    try (PretrainedModel augmented = PretrainedModel.augment(plain, placement, 7)) {
      Bits.assertSame(expected, outputs(augmented));
      augmented.save(folder);
    }
    Bits.assertSame(expected, outputs(folder));
  }

  @ParameterizedTest
  @MethodSource("placements")
  void anAugmentedModelComesBackFromItsFolder(MemoryPlacement placement) {
    Path folder = temp.resolve("augmented");
    try (PretrainedModel augmented = PretrainedModel.augment(plain, placement, 7)) {
      augmented.save(folder);
      try (PretrainedModel again = PretrainedModel.load(folder)) {
        assertEquals(augmented.encoder().config(), again.encoder().config());
        assertEquals(placement, again.encoder().config().memory());
        assertEquals(List.of(), again.report().missing());
        Bits.assertSame(Bits.of(augmented.parameters()), Bits.of(again.parameters()));
      }
    }
    assertEquals(placement.toJson(), TinyModel.json(folder.resolve("config.json")).get("memory"));
    assertTrue(Files.exists(folder.resolve("tokenizer.json")));
  }

  @Test
  void aDistilBertWithAFreshMemoryComputesTheSameBits() {
    Path distil = TinyModel.golden("hf_distilbert_mlm", temp.resolve("distil"));
    List<float[]> expected = outputs(distil);
    Path folder = temp.resolve("augmented");
    try (PretrainedModel augmented =
        PretrainedModel.augment(distil, TinyModel.beside(TinyModel.memory(DIM), 1, 2), 7)) {
      assertTrue(augmented.parameters().contains("distilbert.transformer.layer.1.memory.values"));
      augmented.save(folder);
    }
    Bits.assertSame(expected, outputs(folder));
  }

  @Test
  void aSharedTableIsSavedOnceAndComesBackInAllLayers() throws IOException {
    Path folder = temp.resolve("augmented");
    var memory =
        TinyModel.memory(MemoryType.MEMORY_PLUS, DIM)
            .with(layer -> layer.values = new Rows(ValueInit.NORMAL));
    String first = "bert.encoder.layer.0.memory.values";
    String second = "bert.encoder.layer.2.memory.values";
    List<float[]> expected;
    try (PretrainedModel augmented =
        PretrainedModel.augment(plain, TinyModel.beside(memory, 0, 2), 7)) {
      assertEquals(Set.of(first), augmented.encoder().tables().keySet());
      expected = outputs(augmented);
      augmented.save(folder);
    }
    try (var file = SafetensorsFile.open(folder.resolve("model.safetensors"))) {
      assertTrue(file.entries().containsKey(first));
      assertFalse(file.entries().containsKey(second));
      assertTrue(file.entries().containsKey(second.replace("values", "keys")));
    }
    Bits.assertSame(expected, outputs(folder));
    try (PretrainedModel again = PretrainedModel.load(folder)) {
      assertEquals(List.of(), again.report().missing());
      assertEquals(first, again.parameters().aliases().get(second));
      assertSame(again.parameters().get(first), again.parameters().get(second));
    }
  }

  @Test
  void settingsThatWeDoNotKnowSurvive() {
    Path folder = temp.resolve("augmented");
    try (PretrainedModel augmented = augment(Placement.BESIDE, 1)) {
      augmented.save(folder);
    }
    ObjectNode before = (ObjectNode) TinyModel.json(plain.resolve("config.json"));
    ObjectNode after = (ObjectNode) TinyModel.json(folder.resolve("config.json"));
    assertNotNull(after.remove("memory"));
    assertEquals(before, after);
  }

  private PretrainedModel augment(Placement placement, Integer... blocks) {
    return PretrainedModel.augment(
        plain,
        new MemoryPlacement(
            List.of(blocks),
            placement,
            ReadAt.ALL,
            TinyModel.memory(DIM).with(layer -> layer.values = new Rows(ValueInit.NORMAL))),
        7);
  }

  @Test
  void howSentencesArePooledGoesWithTheModel() throws IOException {
    Path folder = temp.resolve("augmented");
    Files.createDirectories(folder.resolve("1_Pooling")); // of a model that was there before
    Files.writeString(folder.resolve("1_Pooling/config.json"), "{\"pooling_mode\": \"max\"}");
    Files.writeString(folder.resolve("modules.json"), "[{\"type\": \"Normalize\"}]");
    Files.writeString(folder.resolve("README.md"), "card");
    try (PretrainedModel augmented = augment(Placement.BESIDE, 1)) {
      augmented.save(folder);
      assertEquals(new SentencePooling(Pooling.MEAN, true), SentencePooling.of(folder));
      assertFalse(Files.exists(folder.resolve("modules.json")));
      assertTrue(Files.exists(folder.resolve("README.md")));
    }
    Files.createDirectories(plain.resolve("1_Pooling"));
    Files.writeString(plain.resolve("1_Pooling/config.json"), "{\"pooling_mode\": \"cls\"}");
    Files.writeString(plain.resolve("modules.json"), "[]");
    try (PretrainedModel augmented = augment(Placement.BESIDE, 1)) {
      for (int i = 0; i < 2; i++) { // made, then replaced
        augmented.save(folder);
        assertEquals(new SentencePooling(Pooling.CLS, false), SentencePooling.of(folder));
      }
    }
  }

  @Test
  void aModelIsSavedWholeAfterItsFolderIsGone() throws IOException {
    Path folder = temp.resolve("saved");
    Path tokenizer = plain.resolve("tokenizer.json");
    String text = Files.readString(tokenizer);
    try (PretrainedModel model = PretrainedModel.load(plain)) {
      Files.delete(tokenizer); // as the folder of a rotated checkpoint
      model.save(folder);
    }
    assertEquals(text, Files.readString(folder.resolve("tokenizer.json")));
  }

  @Test
  void aReplacedFeedForwardIsReportedAndGone() {
    Path folder = temp.resolve("replaced");
    try (PretrainedModel replaced = augment(Placement.REPLACE, 0, 2)) {
      assertEquals(
          Stream.of(0, 2)
              .flatMap(block ->
                  Stream.of(
                          "intermediate.dense.weight",
                          "intermediate.dense.bias",
                          "output.dense.weight",
                          "output.dense.bias")
                      .map(name -> "bert.encoder.layer." + block + "." + name))
              .collect(Collectors.toCollection(TreeSet::new)),
          new TreeSet<>(replaced.report().unexpected()));
      assertFalse(replaced.parameters().contains("bert.encoder.layer.0.intermediate.dense.weight"));
      assertTrue(replaced.parameters().contains("bert.encoder.layer.1.output.dense.weight"));
      assertTrue(replaced.parameters().contains("bert.encoder.layer.0.output.LayerNorm.weight"));
      try (PretrainedModel original = PretrainedModel.load(plain)) {
        original
            .parameters()
            .all()
            .forEach((name, tensor) -> {
              if (replaced.parameters().contains(name)) {
                Bits.assertSame(
                    List.of(Tensors.floats(tensor)),
                    List.of(Tensors.floats(replaced.parameters().get(name))));
              }
            });
      }
      replaced.save(folder);
      Bits.assertSame(outputs(replaced), outputs(folder));
    }
    try (PretrainedModel again = PretrainedModel.load(folder)) {
      assertEquals(List.of(), again.report().unexpected());
    }
  }

  @Test
  void memoriesAreNotGivenTwice() {
    Path folder = temp.resolve("augmented");
    try (PretrainedModel augmented = augment(Placement.BESIDE, 1)) {
      augmented.save(folder);
    }
    MemoryPlacement second = TinyModel.beside(TinyModel.memory(DIM), 0);
    var problem =
        assertThrows(InvalidInputException.class, () -> PretrainedModel.augment(folder, second, 1));
    assertEquals(Kind.CONFIG, problem.kind());
    assertTrue(problem.getMessage().contains(folder.toString()), problem.getMessage());
  }

  @Test
  void memoriesThatDoNotFitAreRefused() {
    for (MemoryPlacement wrong :
        List.of(
            TinyModel.beside(TinyModel.memory(DIM), 3),
            TinyModel.beside(TinyModel.memory(DIM), -1),
            TinyModel.beside(TinyModel.memory(16), 1))) {
      var problem =
          assertThrows(InvalidInputException.class, () -> PretrainedModel.augment(plain, wrong, 1));
      assertEquals(Kind.CONFIG, problem.kind());
    }
  }

  @Test
  void anUnknownMemorySettingInAFolderIsNamed() {
    Path folder = temp.resolve("augmented");
    try (PretrainedModel augmented = augment(Placement.BESIDE, 1)) {
      augmented.save(folder);
    }
    ObjectNode config = (ObjectNode) TinyModel.json(folder.resolve("config.json"));
    ((ObjectNode) config.get("memory")).put("colour", "red");
    JsonFiles.write(folder.resolve("config.json"), config);
    var problem = assertThrows(InvalidInputException.class, () -> PretrainedModel.load(folder));
    assertEquals("memory.colour", problem.key());
    assertEquals(Kind.CONFIG, problem.kind());
  }

  @Test
  void aFolderWithoutItsMemorysWeightsIsRefused() {
    ObjectNode config = (ObjectNode) TinyModel.json(plain.resolve("config.json"));
    config.set("memory", TinyModel.beside(TinyModel.memory(DIM), 1).toJson());
    JsonFiles.write(plain.resolve("config.json"), config);
    var problem = assertThrows(InvalidInputException.class, () -> PretrainedModel.load(plain));
    assertEquals(Kind.WEIGHTS, problem.kind());
    assertTrue(problem.getMessage().contains(".memory."), problem.getMessage());
  }

  /// The golden model's encoder by itself.
  private Path bareEncoder() {
    Path folder = temp.resolve("bare");
    try (PretrainedModel model = PretrainedModel.load(plain);
        var parameters = new org.mneme.tensor.Parameters()) {
      model
          .parameters()
          .all()
          .forEach((name, tensor) -> {
            if (name.startsWith("bert.")) {
              Tensor unused = parameters.buffer(name.substring(5), tensor);
            }
          });
      ObjectNode config = (ObjectNode) TinyModel.json(plain.resolve("config.json"));
      config.putArray("architectures").add("BertModel");
      ModelFolder.write(folder, config, parameters, plain);
    }
    return folder;
  }

  @Test
  void aBareEncoderGetsAHeadWhenItIsAskedFor() {
    Path bare = bareEncoder();
    try (PretrainedModel encoder = PretrainedModel.load(bare)) {
      var problem = assertThrows(InvalidInputException.class, encoder::maskedLanguageModel);
      assertEquals(Kind.CONFIG, problem.kind());
      assertTrue(problem.getMessage().contains(bare.toString()), problem.getMessage());
    }
    Path withHead = temp.resolve("with-head");
    List<float[]> expected;
    try (PretrainedModel model =
        PretrainedModel.loadWithHead(bare, 5, config -> config.withDropout(0.25))) {
      assertTrue(model.report().missing().stream().allMatch(MaskedLanguageModel::isHead));
      assertFalse(model.report().missing().isEmpty());
      assertEquals(0.25, model.encoder().config().hiddenDropout());
      expected = outputs(model);
      Bits.assertSame(outputs(plain).subList(0, 5), expected.subList(0, 5));
      model.save(withHead);
    }
    Bits.assertSame(expected, outputs(withHead));
    var config = TinyModel.json(withHead.resolve("config.json"));
    assertEquals("BertForMaskedLM", config.path("architectures").path(0).asString());
    assertEquals(0, config.path("hidden_dropout_prob").asDouble());
  }

  @Test
  void aBareEncoderIsAugmentedWithoutAPrefix() {
    Path folder = temp.resolve("augmented");
    Path bare = bareEncoder();
    try (PretrainedModel augmented =
        PretrainedModel.augment(bare, TinyModel.beside(TinyModel.memory(DIM), 1), 7)) {
      assertTrue(augmented.parameters().contains("encoder.layer.1.memory.values"));
      augmented.save(folder);
    }
    try (PretrainedModel again = PretrainedModel.load(folder)) {
      assertEquals(1, again.encoder().memories().size());
      assertEquals(
          "BertModel",
          TinyModel.json(folder.resolve("config.json")).path("architectures").path(0).asString());
    }
    Path withHead = temp.resolve("with-head");
    try (PretrainedModel model = PretrainedModel.loadWithHead(folder, 5, config -> config)) {
      assertTrue(model.parameters().contains("bert.encoder.layer.1.memory.values"));
      model.save(withHead);
      Bits.assertSame(outputs(model), outputs(withHead));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"hf_bert_mlm", "hf_bert_mlm_gelu_new", "hf_roberta_mlm", "hf_distilbert_mlm"})
  void aModelIsSavedAsItWas(String name) {
    Path folder = TinyModel.golden(name, temp.resolve(name));
    Path copy = temp.resolve("copy");
    try (PretrainedModel model = PretrainedModel.load(folder)) {
      model.save(copy);
      assertNull(model.encoder().config().memory());
    }
    assertEquals(
        TinyModel.json(folder.resolve("config.json")), TinyModel.json(copy.resolve("config.json")));
    try (var before =
            SafetensorsFile.open(GoldenFiles.folder().resolve(name).resolve("model.safetensors"));
        var after = SafetensorsFile.open(copy.resolve("model.safetensors"));
        var scope = new TensorScope()) {
      assertEquals(before.entries().keySet(), after.entries().keySet());
      for (String tensor : before.entries().keySet()) {
        Bits.assertSame(
            List.of(Tensors.floats(before.tensor(tensor))),
            List.of(Tensors.floats(after.tensor(tensor))));
      }
    }
  }

  /// The scores of next tokens of a padded batch.
  private static float[] nextTokens(PretrainedModel model) {
    try (var scope = new TensorScope()) {
      MaskedInput input =
          MaskedInput.of(
              CausalBatches.nextTokens(List.of(new int[] {2, 67, 81, 3}, new int[] {4, 90}), 0));
      return Tensors.floats(
          model.causalLanguageModel().logits(input.input(), input.targets(), false));
    }
  }

  @Test
  void aCausalModelGetsAMemoryAndComesBackFromItsFolder() {
    Path causal = TinyModel.golden("hf_gpt2", temp.resolve("gpt2"));
    Path folder = temp.resolve("augmented");
    var memory = TinyModel.memory(DIM).with(layer -> layer.queryNorm = QueryNorm.LAYER);
    float[] expected;
    try (PretrainedModel model = PretrainedModel.load(causal)) {
      assertEquals(List.of(), model.report().unexpected());
      expected = nextTokens(model);
    }
    try (PretrainedModel augmented =
        PretrainedModel.augment(causal, TinyModel.beside(memory, 0, 2), 7)) {
      assertArrayEquals(expected, nextTokens(augmented));
      augmented.save(folder);
    }
    try (PretrainedModel again = PretrainedModel.load(folder)) {
      assertArrayEquals(expected, nextTokens(again));
      assertEquals(Set.of(0, 2), again.base().memories().keySet());
    }
    var config = TinyModel.json(folder.resolve("config.json"));
    assertEquals("GPT2LMHeadModel", config.path("architectures").path(0).asString());
    assertEquals("cls_index", config.path("summary_type").asString());
  }

  @Test
  void aCausalModelIsNoEncoderAndAnEncoderNoCausalModel() {
    Path causal = TinyModel.golden("hf_gpt2", temp.resolve("gpt2"));
    try (PretrainedModel model = PretrainedModel.load(causal);
        PretrainedModel encoder = PretrainedModel.load(plain)) {
      for (var wrong :
          List.<org.junit.jupiter.api.function.Executable>of(
              model::encoder, model::maskedLanguageModel, encoder::causalLanguageModel)) {
        var problem = assertThrows(InvalidInputException.class, wrong);
        assertEquals("architectures", problem.key());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("freshModels")
  void aNewModelIsSavedWithItsTokenizerAndComesBack(NewModelConfig sizes) {
    Path folder = temp.resolve("fresh");
    var memory = TinyModel.beside(TinyModel.memory(16), 1);
    var config = sizes.config(104, 0).withMemory(memory);
    try (PretrainedModel model = PretrainedModel.create(config, TinyModel.resources(), 5)) {
      model.save(folder);
      try (PretrainedModel again = PretrainedModel.load(folder)) {
        assertEquals(config, again.config());
        assertEquals(List.of(), again.report().unexpected());
        Bits.assertSame(Bits.of(model.parameters()), Bits.of(again.parameters()));
        assertEquals(config, again.languageModel().config());
      }
    }
    assertTrue(Files.exists(folder.resolve("tokenizer.json")));
  }

  static Stream<NewModelConfig> freshModels() {
    return Stream.of(
        new NewModelConfig.Bert(16, 2, 2, 0, Activation.GELU, 20, 2),
        new NewModelConfig.Distilbert(16, 2, 2, 24, Activation.GELU, 20),
        new NewModelConfig.Gpt2(16, 2, 2, 0, Activation.GELU_NEW, 20));
  }

  @Test
  void aModelIsLoadedWithAHeadAndAFreshMemoryAtOnce() {
    Path bare = bareEncoder();
    var placement = TinyModel.beside(TinyModel.memory(DIM), 1);
    try (PretrainedModel model =
        PretrainedModel.loadWithHead(bare, 5, config -> config.withMemory(placement))) {
      assertEquals(1, model.base().memories().size());
      assertEquals(placement, model.config().memory());
    }
  }
}
