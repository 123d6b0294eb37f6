package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.data.TokenBatch;
import org.mneme.model.BertConfig;
import org.mneme.model.MaskedInput;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.model.TokenInput;
import org.mneme.tensor.KeptRows;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.text.Tokenizer;
import tools.jackson.databind.node.ObjectNode;

class VocabularyPruningTest {
  private static final List<String> TEXTS =
      List.of("the cat sits on the old stone", "the bird sleeps near a red river");

  @TempDir private Path temp;

  private static BitSet used(Path folder) {
    BitSet used = new BitSet();
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      TEXTS.forEach(text -> Arrays.stream(tokenizer.tokens(text).ids()).forEach(used::set));
    }
    return used;
  }

  private Path untied() {
    ObjectNode config = (ObjectNode) TinyModel.json(TinyModel.resources().resolve("config.json"));
    config.put("tie_word_embeddings", false);
    Path folder = temp.resolve("untied");
    try (var model = new MaskedLanguageModel(BertConfig.fromJson(config), 3);
        var scope = new TensorScope()) {
      var unused = model.parameters().get("cls.predictions.decoder.bias").detach().uniform_();
      ModelFolder.write(folder, config, model.parameters(), TinyModel.resources());
    }
    return folder;
  }

  private Path folder(String name) {
    return name.equals("untied") ? untied() : TinyModel.golden(name, temp.resolve(name));
  }

  /// Hidden states of the texts, and the scores of `kept` in the order of the rows.
  private static List<float[]> outputs(Path folder, BitSet columns) {
    try (PretrainedModel model = PretrainedModel.load(folder);
        Tokenizer tokenizer = Tokenizer.load(folder);
        var scope = new TensorScope()) {
      List<int[]> lines = TEXTS.stream().map(text -> tokenizer.encode(text).ids()).toList();
      TokenBatch batch = TokenBatch.of(lines, tokenizer.padId());
      TokenInput input = MaskedInput.of(batch);
      long[] places = {1, 2, 5};
      Tensor logits = model.languageModel().logits(input, Tensors.of(places, places.length), false);
      long[] ids = columns.stream().asLongStream().toArray();
      Tensor some = ids.length == 0 ? logits : logits.index_select(1, Tensors.of(ids, ids.length));
      return List.of(Tensors.floats(model.base().encode(input, false)), Tensors.floats(some));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"hf_bert_mlm", "hf_roberta_mlm", "hf_distilbert_mlm", "hf_gpt2", "untied"})
  void aPrunedModelComputesTheSameAndIsRestoredToTheBit(String name) throws IOException {
    Path base = folder(name);
    Path small = temp.resolve("small");
    Path whole = temp.resolve("whole");
    var result = VocabularyPruning.prune(base, used(base), small);
    KeptRows kept = result.kept();
    assertTrue(kept.size() > 15 && kept.size() < 30, kept.toString());
    assertTrue(result.bytes() < result.bytesBefore());
    BitSet columns = new BitSet();
    kept.ids().forEach(columns::set);
    List<float[]> expected = outputs(base, columns);
    List<float[]> actual = outputs(small, new BitSet());
    assertArrayEquals(expected.get(0), actual.get(0));
    assertArrayEquals(expected.get(1), actual.get(1), 1e-5f);
    assertEquals(
        kept.size(), TinyModel.json(small.resolve("config.json")).path("vocab_size").asInt());
    VocabularyPruning.restore(small, base, whole);
    assertSameFolder(base, whole);
  }

  private static void assertSameFolder(Path expected, Path actual) throws IOException {
    assertEquals(weights(expected), weights(actual));
    for (String name : List.of("config.json", "tokenizer.json")) {
      assertEquals(
          TinyModel.json(expected.resolve(name)), TinyModel.json(actual.resolve(name)), name);
    }
    for (String name : List.of("config.json", "tokenizer.json")) {
      assertEquals(-1, Files.mismatch(expected.resolve(name), actual.resolve(name)), name);
    }
  }

  /// Type, shape and bytes of all tensors, to be compared.
  private static Map<String, String> weights(Path folder) {
    Map<String, String> all = new LinkedHashMap<>();
    try (Weights weights = Weights.open(folder)) {
      weights.names().stream()
          .sorted()
          .forEach(name -> {
            byte[] bytes = new byte[(int) weights.entry(name).bytes()];
            weights.bytes(name).asByteBuffer().get(bytes);
            all.put(
                name,
                weights.entry(name).dtype()
                    + " "
                    + weights.entry(name).shape()
                    + " "
                    + Arrays.hashCode(bytes));
          });
    }
    return all;
  }

  @Test
  void halfPrecisionAndShardsComeBackToTheBit() throws IOException {
    Path base = temp.resolve("half");
    try (PretrainedModel model = PretrainedModel.load(folder("hf_bert_mlm"));
        var scope = new TensorScope()) {
      Map<String, TensorContent> contents = new LinkedHashMap<>();
      model
          .parameters()
          .all()
          .forEach((name, tensor) ->
              contents.put(name, TensorContent.of(tensor.detach().to(torch.ScalarType.BFloat16))));
      ObjectNode config = (ObjectNode) TinyModel.json(model.folder().resolve("config.json"));
      ModelFolder.write(base, config, contents, TinyModel.resources(), 20_000);
    }
    assertFalse(Files.exists(base.resolve("model.safetensors")));
    var unused = VocabularyPruning.prune(base, used(base), temp.resolve("small"));
    VocabularyPruning.restore(temp.resolve("small"), base, temp.resolve("whole"));
    assertSameFolder(base, temp.resolve("whole"));
  }

  @Test
  void whatWasTrainedGoesToItsOldPlace() {
    Path base = folder("hf_bert_mlm");
    Path trained = temp.resolve("trained");
    Path whole = temp.resolve("whole");
    KeptRows kept = VocabularyPruning.prune(base, used(base), temp.resolve("small")).kept();
    String words = "bert.embeddings.word_embeddings.weight";
    try (PretrainedModel model = PretrainedModel.load(temp.resolve("small"));
        var scope = new TensorScope()) {
      var one = Tensors.of(new float[] {1}, 1);
      var unused = model.parameters().get(words).detach().add_(one);
      var more = model.parameters().get("cls.predictions.bias").detach().add_(one);
      model.save(trained);
    }
    VocabularyPruning.restore(trained, base, whole);
    try (Weights before = Weights.open(base);
        Weights after = Weights.open(whole);
        var scope = new TensorScope()) {
      for (String name : List.of(words, "cls.predictions.bias")) {
        float[] old = Tensors.floats(before.tensor(name));
        float[] now = Tensors.floats(after.tensor(name));
        int width = old.length / kept.all();
        for (int i = 0; i < old.length; i++) {
          assertEquals(kept.contains(i / width) ? old[i] + 1 : old[i], now[i], name);
        }
      }
    }
    assertFalse(TinyModel.json(whole.resolve("config.json")).has("pruned_vocabulary"));
  }

  @Test
  void aHeadThatTheBaseHasNotBeginsAtZero() throws IOException {
    Path base = temp.resolve("bare");
    try (PretrainedModel model = PretrainedModel.load(folder("hf_bert_mlm"))) {
      ObjectNode config = (ObjectNode) TinyModel.json(model.folder().resolve("config.json"));
      config.putArray("architectures").add("BertModel");
      Map<String, TensorContent> contents = new LinkedHashMap<>();
      model
          .parameters()
          .all()
          .forEach((name, tensor) -> {
            if (!MaskedLanguageModel.isHead(name)) {
              contents.put(name.replaceFirst("^bert\\.", ""), TensorContent.of(tensor));
            }
          });
      ModelFolder.write(base, config, contents, TinyModel.resources(), Long.MAX_VALUE);
    }
    KeptRows kept = VocabularyPruning.prune(base, used(base), temp.resolve("small")).kept();
    try (PretrainedModel model =
            PretrainedModel.loadWithHead(temp.resolve("small"), 5, config -> config);
        var scope = new TensorScope()) {
      var unused = model.parameters().get("cls.predictions.bias").detach().fill_(new Scalar(2f));
      model.save(temp.resolve("trained"));
    }
    VocabularyPruning.restore(temp.resolve("trained"), base, temp.resolve("whole"));
    try (Weights before = Weights.open(base);
        Weights after = Weights.open(temp.resolve("whole"));
        var scope = new TensorScope()) {
      float[] bias = Tensors.floats(after.tensor("cls.predictions.bias"));
      for (int id = 0; id < bias.length; id++) {
        assertEquals(kept.contains(id) ? 2 : 0, bias[id]);
      }
      assertArrayEquals(
          Tensors.floats(before.tensor("embeddings.word_embeddings.weight")),
          Tensors.floats(after.tensor("bert.embeddings.word_embeddings.weight")));
    }
  }

  @Test
  void idsOfTheConfigurationMoveAndComeBack() throws IOException {
    Path base = folder("hf_gpt2");
    ObjectNode config = (ObjectNode) TinyModel.json(base.resolve("config.json"));
    config.put("bos_token_id", 70).put("pad_token_id", 50_256);
    config.putArray("eos_token_id").add(3).add(90);
    JsonFiles.write(base.resolve("config.json"), config);
    Path small = temp.resolve("small");
    Files.writeString(
        base.resolve("generation_config.json"), "{\"eos_token_id\": 91, \"top_k\": 5}\n");
    KeptRows kept = VocabularyPruning.prune(base, new BitSet(), small).kept();
    assertEquals(new KeptRows(104, 0, 1, 2, 3, 4, 70, 90, 91), kept);
    assertEquals(
        "{\"eos_token_id\":7,\"top_k\":5}",
        TinyModel.json(small.resolve("generation_config.json")).toString());
    var pruned = TinyModel.json(small.resolve("config.json"));
    assertEquals(5, pruned.path("bos_token_id").asInt());
    assertEquals("[3,6]", pruned.path("eos_token_id").toString());
    assertEquals(50_256, pruned.path("pad_token_id").asInt()); // no row of the model
    VocabularyPruning.restore(small, base, temp.resolve("whole"));
    assertSameFolder(base, temp.resolve("whole"));
  }

  @Test
  void theBasesConfigurationComesBackAsItWasWrittenUnlessItSaysSomethingElseNow()
      throws IOException {
    Path base = folder("hf_bert_mlm");
    Path file = base.resolve("config.json");
    String written =
        Files.readString(file)
            .replaceFirst("\\{", "{ \"own\":[1e-06, 2.50,NaN],\t\"rate\": 1.0E+3,")
            .stripTrailing();
    Files.writeString(file, written);
    Path small = temp.resolve("small");
    var unused = VocabularyPruning.prune(base, used(base), small);
    VocabularyPruning.restore(small, base, temp.resolve("whole"));
    assertEquals(written, Files.readString(temp.resolve("whole").resolve("config.json")));
    ObjectNode trained = ModelFolder.readConfig(small);
    JsonFiles.write(small.resolve("config.json"), trained.put("rate", 999));
    VocabularyPruning.restore(small, base, temp.resolve("other"));
    assertEquals(999, ModelFolder.readConfig(temp.resolve("other")).path("rate").asInt());
  }

  @Test
  void whatCannotBeRestoredOrPrunedIsRefused() throws IOException {
    Path base = folder("hf_bert_mlm");
    Path small = temp.resolve("small");
    var unused = VocabularyPruning.prune(base, used(base), small);
    Path other = temp.resolve("other");
    try (PretrainedModel model = PretrainedModel.load(base);
        var scope = new TensorScope()) {
      var one = Tensors.of(new float[] {1}, 1);
      var more =
          model.parameters().get("bert.embeddings.word_embeddings.weight").detach().add_(one);
      model.save(other);
    }
    Path out = temp.resolve("out");
    List<String> messages = new ArrayList<>();
    messages.add(refused(() -> VocabularyPruning.restore(small, other, out)));
    messages.add(refused(() -> VocabularyPruning.restore(small, small, out)));
    messages.add(refused(() -> VocabularyPruning.restore(base, base, out)));
    messages.add(refused(() -> VocabularyPruning.restore(small, base, small)));
    messages.add(refused(() -> VocabularyPruning.prune(small, new BitSet(), out)));
    messages.add(refused(() -> VocabularyPruning.prune(base, new BitSet(), base)));
    Files.writeString(other.resolve("tokenizer.json"), "\n", StandardOpenOption.APPEND);
    messages.add(refused(() -> VocabularyPruning.restore(small, other, out)));
    List<String> parts =
        List.of(
            "its word embeddings are others",
            "tokens, not 104",
            "was not made by `mneme vocabulary prune`",
            "is the folder that is read",
            "is pruned already",
            "is the folder that is read",
            "its tokenizer.json is another");
    for (int i = 0; i < parts.size(); i++) {
      assertTrue(messages.get(i).contains(parts.get(i)), messages.get(i));
    }
    assertFalse(Files.exists(out));
  }

  private static String refused(Runnable action) {
    return String.valueOf(assertThrows(InvalidInputException.class, action::run).getMessage());
  }
}
