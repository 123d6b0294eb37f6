package org.mneme.checkpoint.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.GoldenFiles;
import org.mneme.TinyModel;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.DecodingState;
import org.mneme.model.PreparedDecoder;
import org.mneme.model.TokenInput;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.text.Tokenizer;
import tools.jackson.databind.JsonNode;

/// A real model, as transformers computes it: SmolLM2-135M-Instruct. Runs where `MNEME_SMOLLM2` (or
/// `-Dsmollm2`) names the GGUF file that `benchmarks/fetch-smollm2` fetches.
class SmolLm2Test {
  private static final double LOSS_TOLERANCE = 1e-3;
  private static final double LOGIT_TOLERANCE = 1e-3;

  @TempDir private Path folder;

  @Test
  void isTheModelOfTheReference() {
    String file = System.getProperty("smollm2", System.getenv("MNEME_SMOLLM2"));
    assumeTrue(file != null, "MNEME_SMOLLM2 does not name a GGUF file");
    Path root = Path.of(System.getProperty("project.root", ""));
    var unused = GgufImporter.importModel(root.resolve(file), folder.resolve("model"), false);
    JsonNode cases = TinyModel.json(GoldenFiles.filesOfKind("smollm2").getFirst()).path("cases");
    assertFalse(cases.isEmpty());
    Tokenizer tokenizer = Tokenizer.load(folder.resolve("model"));
    try (var loaded = PretrainedModel.load(folder.resolve("model"));
        var unrecorded = new NoGradGuard()) {
      var model = (CausalLanguageModel) loaded.languageModel();
      for (JsonNode given : cases) {
        check(model, tokenizer, given);
      }
    }
  }

  private static void check(CausalLanguageModel model, Tokenizer tokenizer, JsonNode given) {
    String text = given.path("text").asString();
    int[] ids = ints(given.path("ids"));
    assertArrayEquals(ids, tokenizer.encode(text).ids(), text);
    long[] tokens = Arrays.stream(ids).asLongStream().toArray();
    try (var scope = new TensorScope()) {
      Tensor logits = logits(model, tokens, 0);
      Tensor probabilities = logits.log_softmax(1, new ScalarTypeOptional());
      for (int i = 1; i < tokens.length; i++) {
        double loss = -probabilities.get(i - 1).get(tokens[i]).item_double();
        double expected = given.path("nll_per_token").get(i - 1).asDouble();
        assertEquals(expected, loss, LOSS_TOLERANCE, text + ", token " + i);
      }
      var best = logits.get(tokens.length - 1L).topk(10);
      assertArrayEquals(
          Arrays.stream(ints(given.path("top10_ids"))).asLongStream().toArray(),
          Tensors.longs(best.get1()),
          text);
      float[] scores = Tensors.floats(best.get0());
      for (int i = 0; i < scores.length; i++) {
        double expected = given.path("top10_logits").get(i).asDouble();
        assertEquals(expected, scores[i], LOGIT_TOLERANCE, text + ", place " + i);
      }
    }
    try (var decoder = new PreparedDecoder(model, Precision.FLOAT32);
        var state = DecodingState.of(model.config(), 1)) {
      long[] read = tokens;
      for (int next : ints(given.path("greedy_24"))) {
        float[] scores = decoder.scores(state, read, 1)[0];
        int[] best = bestTwo(scores);
        if (scores[best[0]] - scores[best[1]] >= LOGIT_TOLERANCE) {
          assertEquals(next, best[0], text);
        }
        read = new long[] {next};
      }
    }
  }

  private static int[] bestTwo(float[] scores) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted((a, b) -> Float.compare(scores[b], scores[a]))
        .mapToInt(Integer::intValue)
        .limit(2)
        .toArray();
  }

  /// Of the tokens from `from` on, `[tokens, vocabulary]`.
  private static Tensor logits(CausalLanguageModel model, long[] tokens, int from) {
    long[] targets = IntStream.range(from, tokens.length).asLongStream().toArray();
    TokenInput input = new TokenInput(Tensors.of(tokens, 1, tokens.length), null, null);
    return model.logits(input, Tensors.of(targets, targets.length), false);
  }

  private static int[] ints(JsonNode list) {
    return IntStream.range(0, list.size()).map(i -> list.get(i).asInt()).toArray();
  }
}
