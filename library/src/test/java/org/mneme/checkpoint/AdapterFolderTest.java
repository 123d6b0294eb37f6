package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.GradientCheck;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;
import org.mneme.TinyModel;
import org.mneme.model.AdapterConfig;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.TokenInput;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Folders of models with adapters; `peft/` was written by PEFT 0.21.2, with the logits that it
/// computes.
class AdapterFolderTest {
  private static final long[] TEXT = {5, 9, 33, 7, 80, 2, 14, 61};
  private static final AdapterConfig SOME =
      new AdapterConfig(List.of(0, 2), 2, 4.5, List.of("o_proj", "gate_proj"));

  @TempDir Path temp;
  private Path plain = Path.of("");

  @BeforeEach
  void copyGoldenModel() {
    plain = TinyModel.golden("hf_llama", temp.resolve("plain"));
  }

  /// The golden model `name` with the adapter that PEFT wrote for it.
  private Path adapted(String name) throws IOException {
    Path folder = TinyModel.golden(name, temp.resolve("peft-" + name));
    for (String file : AdapterFiles.NAMES) {
      Files.copy(
          peft(name).resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    return folder;
  }

  private static Path peft(String name) {
    try {
      var file =
          Objects.requireNonNull(
              AdapterFolderTest.class.getResource("peft/" + name + "/adapter_config.json"));
      return Objects.requireNonNull(Path.of(file.toURI()).getParent());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static PretrainedModel withAdapters(Path folder) {
    return PretrainedModel.loadWithHead(folder, 3, config -> config.withAdapters(SOME));
  }

  private static float[] logits(Path folder) {
    try (PretrainedModel model = PretrainedModel.load(folder)) {
      return logits(model);
    }
  }

  private static float[] logits(PretrainedModel model) {
    try (var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      Tensor all = Tensors.of(new long[] {0, 1, 2, 3, 4, 5, 6, 7}, TEXT.length);
      TokenInput input = new TokenInput(Tensors.of(TEXT, 1, TEXT.length), null, null);
      return Tensors.floats(model.causalLanguageModel().logits(input, all, false));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"hf_llama", "hf_qwen2", "hf_mistral"})
  void whatPeftWroteComputesWhatPeftComputes(String name) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(peft(name).resolve("case.safetensors"));
        var scope = new TensorScope()) {
      float[] expected = Tensors.floats(file.tensor("logits"));
      float[] found = logits(adapted(name));
      double worst = 0;
      for (int i = 0; i < expected.length; i++) {
        worst = Math.max(worst, Math.abs(expected[i] - found[i]));
      }
      assertEquals(expected.length, found.length);
      assertTrue(worst < 1e-5, "worst " + worst);
    }
  }

  @Test
  void whatItSaysBecomesTheConfig() throws IOException {
    assertEquals(
        new AdapterConfig(List.of(0, 2), 2, 6, List.of("q_proj", "v_proj", "down_proj")),
        ModelFolder.architecture(adapted("hf_llama")).adapters());
    assertEquals(
        new AdapterConfig(List.of(0, 1, 2), 3, 5 * Math.sqrt(3), AdapterConfig.TARGETS),
        ModelFolder.architecture(adapted("hf_qwen2")).adapters());
    assertEquals(
        new AdapterConfig(List.of(0, 1), 3, 5, List.of("q_proj", "k_proj")),
        ModelFolder.architecture(adapted("hf_mistral")).adapters());
    assertNull(ModelFolder.architecture(plain).adapters());
  }

  @Test
  void aSavedModelComesBackBitByBit() throws IOException {
    Path saved = temp.resolve("saved");
    float[] before;
    try (PretrainedModel model = withAdapters(plain)) {
      assertEquals(8, model.report().missing().size(), "two blocks, two projections, A and B");
      assertArrayEquals(logits(plain), logits(model), "B is zero");
      GradientCheck.stir(model.parameters(), 0.2);
      before = logits(model);
      model.save(saved);
    }
    try (PretrainedModel again = PretrainedModel.load(saved)) {
      assertEquals(SOME, again.config().adapters());
      assertEquals(List.of(), again.report().missing());
      assertEquals(List.of(), again.report().unexpected());
      assertArrayEquals(before, logits(again));
      again.save(temp.resolve("twice"));
    }
    for (String file : List.of("adapter_config.json", "adapter_model.safetensors", "config.json")) {
      assertArrayEquals(
          Files.readAllBytes(saved.resolve(file)),
          Files.readAllBytes(temp.resolve("twice").resolve(file)),
          file);
    }
  }

  @Test
  void theFilesOfTheModelAreThoseWithoutAdapters() throws IOException {
    Path without = temp.resolve("without");
    Path with = temp.resolve("with");
    try (PretrainedModel model = PretrainedModel.load(plain);
        PretrainedModel adapted = withAdapters(plain)) {
      model.save(without);
      adapted.save(with);
    }
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      assertArrayEquals(
          Files.readAllBytes(without.resolve(file)), Files.readAllBytes(with.resolve(file)), file);
    }
    assertFalse(Files.exists(without.resolve(AdapterFiles.CONFIG)));
    try (SafetensorsFile file = SafetensorsFile.open(with.resolve(AdapterFiles.WEIGHTS))) {
      String gate = "base_model.model.model.layers.2.mlp.gate_proj.";
      assertEquals(8, file.entries().size());
      assertEquals(List.of(2L, 40L), file.entry(gate + "lora_A.weight").shape());
      assertEquals(List.of(84L, 2L), file.entry(gate + "lora_B.weight").shape());
      assertEquals(Map.of("format", "pt"), file.metadata());
    }
    assertEquals(
        JsonMapper.shared()
            .readTree(
                """
                {"alpha_pattern": {}, "auto_mapping": null, "base_model_name_or_path": "%s",
                 "bias": "none", "fan_in_fan_out": false, "inference_mode": true,
                 "init_lora_weights": true, "layers_pattern": null, "layers_to_transform": [0, 2],
                 "lora_alpha": 4.5, "lora_bias": false, "lora_dropout": 0.0,
                 "modules_to_save": null, "peft_type": "LORA", "r": 2, "rank_pattern": {},
                 "revision": null, "target_modules": ["o_proj", "gate_proj"],
                 "task_type": "CAUSAL_LM", "use_dora": false, "use_rslora": false}
                """
                    .formatted(plain))
            .toString(),
        JsonMapper.shared()
            .readTree(Files.readString(with.resolve(AdapterFiles.CONFIG)))
            .toString());
  }

  @Test
  void theNameOfTheBaseModelStays() throws IOException {
    Path folder = adapted("hf_llama");
    try (PretrainedModel model = PretrainedModel.load(folder)) {
      model.save(temp.resolve("saved"));
    }
    assertEquals(
        "hf_llama", AdapterJson.read(temp.resolve("saved").resolve(AdapterFiles.CONFIG)).base());
    assertArrayEquals(logits(folder), logits(temp.resolve("saved")));
  }

  @Test
  void aModelWithoutReplacesOneWithThem() {
    Path saved = temp.resolve("saved");
    try (PretrainedModel model = withAdapters(plain)) {
      model.save(saved);
    }
    try (PretrainedModel model = PretrainedModel.load(plain)) {
      model.save(saved);
    }
    assertNull(ModelFolder.architecture(saved).adapters());
  }

  @Test
  void aPrunedVocabularyKeepsThem() throws IOException {
    Path folder = adapted("hf_llama");
    BitSet used = new BitSet();
    for (long id : TEXT) {
      used.set((int) id);
    }
    Path pruned = temp.resolve("pruned");
    VocabularyPruning.prune(folder, used, pruned);
    assertEquals(
        ModelFolder.architecture(folder).adapters(), ModelFolder.architecture(pruned).adapters());
    Path restored = temp.resolve("restored");
    VocabularyPruning.restore(pruned, folder, restored);
    assertArrayEquals(logits(folder), logits(restored));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          peft_type           | "IA3"                    | only LORA is read
          peft_type           |                          | missing
          task_type           | "SEQ_CLS"                | only CAUSAL_LM is read
          r                   | 0                        | is no rank
          r                   | "4"                      | is no rank
          r                   |                          | missing
          lora_alpha          | -1                       | is no number above 0
          lora_alpha          |                          | missing
          bias                | "all"                    | trained biases are not read
          use_dora            | true                     | is a feature that is not read
          fan_in_fan_out      | true                     | is a feature that is not read
          lora_bias           | true                     | is a feature that is not read
          modules_to_save     | ["lm_head"]              | is a feature that is not read
          rank_pattern        | {"q_proj": 4}            | is a feature that is not read
          alpha_pattern       | {"q_proj": 4}            | is a feature that is not read
          exclude_modules     | ["v_proj"]               | is a feature that is not read
          of_years_to_come    | {"a": 1}                 | is a feature that is not read
          init_lora_weights   | "pissa"                  | may have changed the base model
          layers_pattern      | "h"                      | is not what blocks are called
          layers_to_transform | [0, 3]                   | names the block 3; the model has blocks 0 to 2
          layers_to_transform | "0"                      | names the block
          target_modules      | ["q_proj", "lm_head"]    | names lm_head
          target_modules      | []                       | matches no projection
          target_modules      | 5                        | is no list of names
          target_modules      | "q_proj"                 | matches no projection
          target_modules      | "(q_proj"                | is no regular expression
          target_modules      | ["layers.0.self_attn.q_proj", "v_proj"] | takes other projections in block 2 than in block 0
          """)
  void whatIsNotReadIsToldWithFileKeyAndValue(String key, String value, String part)
      throws IOException {
    Path folder = adapted("hf_llama");
    Path file = folder.resolve(AdapterFiles.CONFIG);
    change(file, key, value);
    var error = assertThrows(InvalidInputException.class, () -> ModelFolder.architecture(folder));
    assertEquals(Kind.CONFIG, error.kind());
    assertEquals(key, error.key());
    String start = file + ": " + key + ": ";
    assertTrue(error.getMessage().startsWith(start), error.getMessage());
    assertTrue(error.getMessage().contains(part), error.getMessage());
    assertThrows(InvalidInputException.class, () -> PretrainedModel.load(folder));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          task_type           | null
          lora_dropout        | 0.5
          inference_mode      | false
          layers_pattern      | "layers"
          layers_pattern      | ["layers"]
          init_lora_weights   | "gaussian"
          target_modules      | ["self_attn.q_proj", "self_attn.v_proj", "mlp.down_proj"]
          target_modules      | ".*\\\\.[02]\\\\..*\\\\.(q_proj#v_proj#down_proj)"
          of_years_to_come    | false
          peft_version        |
          """)
  void whatChangesNothingIsPassedOver(String key, String value) throws IOException {
    Path folder = adapted("hf_llama");
    AdapterConfig before = ModelFolder.architecture(folder).adapters();
    change(folder.resolve(AdapterFiles.CONFIG), key, value);
    assertEquals(before, ModelFolder.architecture(folder).adapters());
  }

  private static void change(Path file, String key, String value) throws IOException {
    ObjectNode json = JsonFiles.readObject(file, Kind.CONFIG);
    if (value == null) {
      json.remove(key);
    } else {
      json.set(key, JsonMapper.shared().readTree(value.replace('#', '|')));
    }
    JsonFiles.write(file, json);
  }

  @Test
  void oneFileWithoutTheOtherIsAnError() throws IOException {
    for (String gone : AdapterFiles.NAMES) {
      Path folder = adapted("hf_llama");
      Files.delete(folder.resolve(gone));
      var error = assertThrows(InvalidInputException.class, () -> PretrainedModel.load(folder));
      assertTrue(error.getMessage().contains("without " + gone), error.getMessage());
      Files.write(folder.resolve("adapter_model.bin"), new byte[1]);
      var pickled = assertThrows(InvalidInputException.class, () -> PretrainedModel.load(folder));
      assertTrue(pickled.getMessage().contains("adapter_model.bin"), pickled.getMessage());
      AtomicFolder.removeQuietly(folder);
    }
  }

  @Test
  void tensorsThatDoNotFitAreToldByTheirNames() throws IOException {
    Path folder = adapted("hf_llama");
    Path file = folder.resolve(AdapterFiles.WEIGHTS);
    String query = "base_model.model.model.layers.2.self_attn.q_proj.lora_A.weight";
    refused(folder, tensors -> tensors.remove(query), query, "is missing");
    refused(
        folder,
        tensors -> tensors.put(query, Tensors.of(new float[120], 3, 40)),
        query,
        "has shape [3, 40], not [2, 40]");
    for (String more :
        List.of(query.replace("q_proj", "k_proj"), "base_model.model.lm_head.weight")) {
      refused(
          folder,
          tensors -> tensors.put(more, Tensors.of(new float[80], 2, 40)),
          more,
          "has no place in the model");
    }
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    var error = assertThrows(InvalidInputException.class, () -> PretrainedModel.load(folder));
    assertEquals(Kind.WEIGHTS, error.kind());
    assertTrue(error.getMessage().contains(AdapterFiles.WEIGHTS), error.getMessage());
  }

  private interface Change {
    void apply(Map<String, Tensor> tensors);
  }

  /// Fails unless the folder cannot be loaded while its tensors are changed so.
  private static void refused(Path folder, Change change, String name, String part)
      throws IOException {
    Path path = folder.resolve(AdapterFiles.WEIGHTS);
    byte[] before = Files.readAllBytes(path);
    try (var scope = new TensorScope()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        file.entries().keySet().forEach(key -> tensors.put(key, file.tensor(key)));
      }
      change.apply(tensors);
      SafetensorsWriter.write(path, tensors, Map.of());
    }
    var error = assertThrows(InvalidInputException.class, () -> PretrainedModel.load(folder));
    assertEquals(Kind.WEIGHTS, error.kind());
    assertEquals(name, error.key());
    assertTrue(error.getMessage().startsWith(path + ": "), error.getMessage());
    assertTrue(error.getMessage().contains(part), error.getMessage());
    Files.write(path, before);
  }

  @Test
  void otherModelsWithThemAreAnError() throws IOException {
    Path folder = TinyModel.golden("hf_gpt2", temp.resolve("gpt2"));
    for (String file : AdapterFiles.NAMES) {
      Files.copy(peft("hf_llama").resolve(file), folder.resolve(file));
    }
    var error = assertThrows(InvalidInputException.class, () -> PretrainedModel.load(folder));
    assertTrue(error.getMessage().contains("llama, mistral, qwen2"), error.getMessage());
    assertTrue(error.getMessage().contains(AdapterFiles.CONFIG), error.getMessage());
    for (String alone : List.of("config.json", "model.safetensors")) {
      Files.delete(folder.resolve(alone));
    }
    var lonely = assertThrows(InvalidInputException.class, () -> PretrainedModel.load(folder));
    assertTrue(lonely.getMessage().contains("base model"), lonely.getMessage());
  }

  @Test
  void aCheckpointHoldsAndVerifiesThem() throws IOException {
    Path folder = temp.resolve("step");
    try (PretrainedModel model = withAdapters(plain)) {
      Checkpoint.write(
          folder,
          new Checkpoint.Content(
              new CheckpointFacts(7, 7, "hash", Map.of()), model::writeInto, Map.of()));
    }
    assertEquals(SOME, ModelFolder.architecture(Checkpoint.open(folder).folder()).adapters());
    Path file = folder.resolve(AdapterFiles.WEIGHTS);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 3] ^= 4;
    Files.write(file, bytes);
    var error = assertThrows(InvalidInputException.class, () -> Checkpoint.open(folder));
    assertTrue(error.getMessage().contains(AdapterFiles.WEIGHTS), error.getMessage());
  }

  @Test
  void theArchitectureOfAFolderWithoutIsThatOfItsConfig() {
    assertEquals(
        ArchitectureConfig.fromJson(ModelFolder.readConfig(plain)),
        ModelFolder.architecture(plain));
  }
}
