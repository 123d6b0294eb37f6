package org.mneme.checkpoint.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.LlamaConfig;
import org.mneme.model.Rotary;
import org.mneme.model.TokenInput;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.text.Tokenizer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class GgufImporterTest {
  private static final List<String> MERGES = List.of("h e", "l l", "Ġ w");

  @TempDir private Path folder;

  private static LlamaConfig config(boolean tied) {
    ObjectNode json = JsonMapper.shared().createObjectNode();
    json.put("model_type", "llama").put("vocab_size", 257 + MERGES.size());
    json.put("hidden_size", 16).put("num_hidden_layers", 2).put("intermediate_size", 20);
    json.put("num_attention_heads", 4).put("num_key_value_heads", 2);
    json.put("max_position_embeddings", 40).put("tie_word_embeddings", tied);
    json.put("rms_norm_eps", 1e-5).put("rope_theta", 5000);
    return LlamaConfig.fromJson(json);
  }

  private static TinyGguf tiny() {
    try (var model = new CausalLanguageModel(config(true), 1)) {
      return TinyGguf.of(model, MERGES);
    }
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("model.gguf"), bytes);
  }

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(Objects.requireNonNull(GgufImporterTest.class.getResource(name)).toURI());
  }

  @ParameterizedTest
  @EnumSource(GgufType.class)
  void everyTypeIsReadAsTheReferenceReadsIt(GgufType type) throws URISyntaxException {
    try (GgufFile file = GgufFile.open(resource("types.gguf"));
        var expected = SafetensorsFile.open(resource("types.safetensors"));
        var scope = new TensorScope()) {
      GgufFile.Tensor tensor = Objects.requireNonNull(file.tensors().get(type.name()));
      assertEquals(List.of(2L, 512L), tensor.shape());
      float[] numbers = Tensors.floats(expected.tensor(type.name()).view(-1));
      float[] row = new float[512];
      for (int i = 0; i < 2; i++) {
        file.row(tensor, i, row);
        for (int j = 0; j < row.length; j++) {
          float number = numbers[512 * i + j];
          assertEquals(number, row[j], 1e-6 * Math.max(1, Math.abs(number)), i + ", " + j);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theModelComputesAsBefore(boolean tied) throws IOException {
    long[] text = {5, 70, 33, 7, 80, 2, 14};
    try (var model = new CausalLanguageModel(config(tied), 1);
        var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      Path file = write(TinyGguf.of(model, MERGES).bytes());
      Path out = folder.resolve("out");
      GgufImporter.Report report = GgufImporter.importModel(file, out, false);
      try (var loaded = PretrainedModel.load(out)) {
        loaded.report().requireComplete();
        assertEquals(model.config(), loaded.config());
        float[] expected = logits(model, text);
        assertArrayEquals(
            expected, logits((CausalLanguageModel) loaded.languageModel(), text), 1e-6f);
        long numbers =
            model.parameters().all().values().stream().distinct().mapToLong(Tensor::numel).sum();
        assertEquals(numbers, report.parameters());
      }
    }
  }

  private static float[] logits(CausalLanguageModel model, long[] text) {
    long[] all = new long[text.length];
    Arrays.setAll(all, i -> i);
    TokenInput input = new TokenInput(Tensors.of(text, 1, text.length), null, null);
    return Tensors.floats(model.logits(input, Tensors.of(all, all.length), false));
  }

  @Test
  void theTokenizerIsRebuilt() throws IOException {
    Path out = folder.resolve("out");
    var unused = GgufImporter.importModel(write(tiny().bytes()), out, false);
    Tokenizer tokenizer = Tokenizer.load(out);
    String text = "hello world 12<|end|>";
    int[] ids = tokenizer.encode(text).ids();
    assertEquals(text, tokenizer.decode(ids, false));
    assertEquals(0, ids[ids.length - 1]);
    assertEquals(257, ids[0]); // he
    assertEquals(258, ids[1]); // ll
    assertEquals(1 + '1', ids[ids.length - 3]); // digits stand alone
  }

  @Test
  void aFirstTokenIsPutBeforeTextsWhereTheFileSaysSo() throws IOException {
    TinyGguf file = tiny();
    file.metadata.put("tokenizer.ggml.bos_token_id", 0L);
    file.metadata.put("tokenizer.ggml.add_bos_token", true);
    Path out = folder.resolve("out");
    var unused = GgufImporter.importModel(write(file.bytes()), out, false);
    assertArrayEquals(new int[] {0, 1 + 'x'}, Tokenizer.load(out).encode("x").ids());
  }

  @Test
  void aLlama3BeginsTextsUnlessTheFileSaysNo() throws IOException {
    TinyGguf file = tiny();
    file.metadata.put("tokenizer.ggml.pre", "llama-bpe");
    file.metadata.put("tokenizer.ggml.bos_token_id", 0L);
    Path out = folder.resolve("out");
    var unused = GgufImporter.importModel(write(file.bytes()), out, false);
    assertArrayEquals(new int[] {0, 1 + '1', 1 + '2'}, Tokenizer.load(out).encode("12").ids());
    file.metadata.put("tokenizer.ggml.add_bos_token", false);
    unused = GgufImporter.importModel(write(file.bytes()), out, true);
    assertArrayEquals(new int[] {1 + 'x'}, Tokenizer.load(out).encode("x").ids());
  }

  private Rotary rotary(Consumer<TinyGguf> change) throws IOException {
    TinyGguf file = tiny();
    change.accept(file);
    Path out = folder.resolve("turned");
    var report = GgufImporter.importModel(write(file.bytes()), out, true);
    return LlamaConfig.fromJson(report.config()).rotary();
  }

  @Test
  void rotaryScalingIsReadFromKeysAndFactors() throws IOException {
    assertEquals(new Rotary(5000, new Rotary.Unscaled()), rotary(f -> {}));
    assertEquals(
        new Rotary(5000, new Rotary.Linear(4)),
        rotary(f -> f.metadata.put("llama.rope.scaling.factor", 4.0)));
    assertEquals(
        new Rotary(5000, new Rotary.Linear(2)),
        rotary(f -> f.metadata.put("llama.rope.scale_linear", 2.0)));
    for (double factor : new double[] {8, 32}) {
      Rotary llama = new Rotary(1e9, new Rotary.Llama3(factor, 1, 4, 8192));
      float[] factors = {1, (float) factor}; // one pair of short waves, one of long ones
      assertEquals(
          llama,
          rotary(f -> {
            f.metadata.put("llama.rope.freq_base", 1e9);
            put(f, "rope_freqs.weight", factors);
          }));
    }
    assertTell(
        "rope_freqs.weight holds factors that are not those of Llama 3.1 or 3.2",
        f -> put(f, "rope_freqs.weight", 1, 3));
  }

  private static void put(TinyGguf file, String name, float... numbers) {
    try (var scope = new TensorScope()) {
      file.put(name, Tensors.of(numbers, numbers.length));
    }
  }

  @Test
  void biasesOfQueriesAndKeysAreInTheModelsOrder() throws IOException {
    ObjectNode json = config(true).toJson();
    try (var model =
            new CausalLanguageModel(LlamaConfig.fromJson(json.put("attention_bias", true)), 1);
        var scope = new TensorScope();
        var unrecorded = new NoGradGuard()) {
      model
          .parameters()
          .all()
          .forEach((name, tensor) -> {
            if (name.endsWith(".bias")) {
              var unused = tensor.normal_(0, 1, new org.bytedeco.pytorch.GeneratorOptional());
            }
          });
      long[] text = {5, 70, 33, 7, 80, 2, 14};
      Path out = folder.resolve("out");
      var unused = GgufImporter.importModel(write(TinyGguf.of(model, MERGES).bytes()), out, false);
      try (var loaded = PretrainedModel.load(out)) {
        loaded.report().requireComplete();
        assertArrayEquals(
            logits(model, text), logits((CausalLanguageModel) loaded.languageModel(), text), 1e-6f);
      }
    }
  }

  private String problem(Consumer<TinyGguf> change) throws IOException {
    TinyGguf file = tiny();
    change.accept(file);
    Path path = write(file.bytes());
    Path out = folder.resolve("out");
    var problem =
        assertThrows(InvalidInputException.class, () -> GgufImporter.importModel(path, out, false));
    assertFalse(Files.exists(out));
    assertEquals(InvalidInputException.Kind.WEIGHTS, problem.kind());
    return problem.getMessage();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "general.architecture | mamba | general.architecture is mamba; only llama is supported",
        "tokenizer.ggml.model | llama | tokenizer.ggml.model is \"llama\"; only byte-level BPE",
        "tokenizer.ggml.pre | tekken | tokenizer.ggml.pre is \"tekken\"; known are gpt-2,",
        "llama.rope.scaling.type | yarn | llama.rope.scaling.type is \"yarn\"; known are",
        "llama.block_count | many | llama.block_count is many, no whole number",
      })
  void whatIsNotKnownIsTold(String key, String value, String told) throws IOException {
    String message = problem(file -> file.metadata.put(key, value));
    assertTrue(message.contains(told), message);
  }

  @Test
  void whatDoesNotFitIsTold() throws IOException {
    assertTell("has no tensor blk.1.attn_k.weight", f -> f.tensors.remove("blk.1.attn_k.weight"));
    assertTell("is no GGUF file", f -> f.magic = 1);
    assertTell(
        "does not say how texts are cut into words", f -> f.metadata.remove("tokenizer.ggml.pre"));
    assertTell("has biases of queries alone", f -> put(f, "blk.0.attn_q.bias", new float[16]));
    assertTell(
        "says of itself: num_key_value_heads: 3 does not divide",
        f -> f.metadata.put("llama.attention.head_count_kv", 3L));
    assertTell(
        "llama.block_count is a list of 260, no whole number",
        f -> f.metadata.put("llama.block_count", f.metadata.get("tokenizer.ggml.tokens")));
    assertTell("has version 1 of GGUF; known are 2 and 3", f -> f.version = 1);
    assertTell("llama.block_count is absent", f -> f.metadata.remove("llama.block_count"));
    assertTell("llama.embedding_length is 0", f -> f.metadata.put("llama.embedding_length", 0L));
    assertTell(
        "tensor output_norm.weight has shape [4], not [16]",
        f ->
            f.tensors.put("output_norm.weight", new TinyGguf.Stored(List.of(4L), 0, new byte[16])));
    assertTell(
        "tensor output_norm.weight is stored as ggml type 10; known are [F32,",
        f ->
            f.tensors.put(
                "output_norm.weight", new TinyGguf.Stored(List.of(4L), 10, new byte[16])));
    assertTell(
        "rows of tensor output_norm.weight have 16 numbers, no multiple of the 32 that Q8_0",
        f ->
            f.tensors.put(
                "output_norm.weight", new TinyGguf.Stored(List.of(16L), 8, new byte[34])));
    assertTell(
        "holds the tensor blk.0.ffn_gate_exps.weight, which no Llama has",
        f ->
            f.tensors.put(
                "blk.0.ffn_gate_exps.weight", new TinyGguf.Stored(List.of(4L), 0, new byte[16])));
    assertTell(
        "tokenizer.ggml.merges has \"alone\", which is no pair",
        f -> f.metadata.put("tokenizer.ggml.merges", List.of("alone")));
    assertTell(
        "tokenizer.ggml.eos_token_id is 999, and there are 260 tokens",
        f -> f.metadata.put("tokenizer.ggml.eos_token_id", 999L));
  }

  private void assertTell(String told, Consumer<TinyGguf> change) throws IOException {
    String message = problem(change);
    assertTrue(message.contains(told), message);
    assertTrue(message.contains("model.gguf: "), message);
    assertTrue(message.contains("; "), message);
  }

  @Test
  void aFileThatIsCutOffIsTold() throws IOException {
    byte[] whole = tiny().bytes();
    Path out = folder.resolve("out");
    Random random = new Random(1);
    for (int i = 0; i < 300; i++) {
      Path path = write(Arrays.copyOf(whole, random.nextInt(whole.length - 40)));
      var problem =
          assertThrows(
              InvalidInputException.class, () -> GgufImporter.importModel(path, out, false));
      assertEquals(InvalidInputException.Kind.WEIGHTS, problem.kind());
      assertFalse(Files.exists(out));
    }
  }

  @Test
  void damagedBytesGiveAnErrorOrOtherNumbers() throws IOException {
    byte[] whole = tiny().bytes();
    Path out = folder.resolve("out");
    Random random = new Random(2);
    int told = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] damaged = whole.clone();
      for (int j = 0; j <= i % 3; j++) {
        damaged[random.nextInt(7000)] = (byte) random.nextInt(256);
      }
      Path path = write(damaged);
      try {
        var unused = GgufImporter.importModel(path, out, true);
      } catch (InvalidInputException e) {
        told++;
        assertTrue(e.getMessage().length() < 100_000, e.getMessage());
      }
    }
    assertTrue(told > 100, told + " told");
  }
}
