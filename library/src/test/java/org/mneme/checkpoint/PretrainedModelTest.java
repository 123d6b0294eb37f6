package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.Bits;
import org.mneme.GoldenFiles;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.memory.QueryNorm;
import org.mneme.model.Activation;
import org.mneme.model.MaskedInput;
import org.mneme.model.NewModelConfig;
import org.mneme.model.Pooling;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class PretrainedModelTest {
  private static final int DIM = 40;

  @TempDir Path temp;
  private Path plain = Path.of("");

  @BeforeEach
  void copyGoldenModel() {
    plain = TinyModel.golden("hf_bert_mlm", temp.resolve("plain"));
  }

  @Test
  void howSentencesArePooledGoesWithTheModel() throws IOException {
    Path folder = temp.resolve("saved");
    Files.createDirectories(folder.resolve("1_Pooling")); // of a model that was there before
    Files.writeString(folder.resolve("1_Pooling/config.json"), "{\"pooling_mode\": \"max\"}");
    Files.writeString(folder.resolve("modules.json"), "[{\"type\": \"Normalize\"}]");
    Files.writeString(folder.resolve("README.md"), "card");
    try (PretrainedModel model = PretrainedModel.load(plain)) {
      model.save(folder);
      assertEquals(new SentencePooling(Pooling.MEAN, true), SentencePooling.of(folder));
      assertFalse(Files.exists(folder.resolve("modules.json")));
      assertTrue(Files.exists(folder.resolve("README.md")));
    }
    Files.createDirectories(plain.resolve("1_Pooling"));
    Files.writeString(plain.resolve("1_Pooling/config.json"), "{\"pooling_mode\": \"cls\"}");
    Files.writeString(plain.resolve("modules.json"), "[]");
    try (PretrainedModel model = PretrainedModel.load(plain)) {
      for (int i = 0; i < 2; i++) { // made, then replaced
        model.save(folder);
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
              TinyModel.nextTokens(0, List.of(new int[] {2, 67, 81, 3}, new int[] {4, 90})));
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
}
