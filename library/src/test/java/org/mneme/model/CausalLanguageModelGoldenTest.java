package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GoldenFiles;
import org.mneme.TinyModel;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// Hidden states, logits, loss, every gradient and a greedy continuation against Hugging Face's.
class CausalLanguageModelGoldenTest {
  static List<Path> folders() {
    List<Path> folders =
        GoldenFiles.filesOfKind("hf_causal_lm").stream().map(Path::getParent).toList();
    assertFalse(folders.isEmpty(), "no golden causal model");
    return folders;
  }

  private static CausalConfig config(Path folder) {
    return (CausalConfig)
        ArchitectureConfig.fromJson(TinyModel.json(folder.resolve("config.json")));
  }

  @ParameterizedTest
  @MethodSource("folders")
  void agreesWithHuggingFace(Path folder) {
    try (var model = new CausalLanguageModel(config(folder), 1);
        var weights = SafetensorsFile.open(folder.resolve("model.safetensors"));
        var golden = SafetensorsFile.open(folder.resolve("case.safetensors"));
        var scope = new TensorScope()) {
      try (var guard = new NoGradGuard()) {
        for (String name : weights.entries().keySet()) {
          var unused = model.parameters().get(name).copy_(weights.tensor(name));
        }
        checkHiddenStates(model, golden);
        checkContinuation(model, golden);
      }
      checkLossAndGradients(model, golden);
    }
  }

  private static void checkHiddenStates(CausalLanguageModel model, SafetensorsFile golden) {
    Tensor mask = golden.tensor("input.attention_mask");
    TokenInput input = new TokenInput(golden.tensor("input.input_ids"), mask, null);
    Tensor real = mask.reshape(-1).nonzero().view(-1);
    List<Tensor> states = ((CausalTransformer) model.base()).hiddenStates(input);
    int compared = 0;
    for (int i = 0; i < states.size(); i++) {
      String name = "output.hidden_state_" + i;
      if (golden.entries().containsKey(name)) {
        GoldenFiles.assertClose(name, rows(golden.tensor(name), real), rows(states.get(i), real));
        compared++;
      }
    }
    assertTrue(compared > 0, "no hidden state to compare with");
    Tensor last = rows(golden.tensor("output.last_hidden_state"), real);
    GoldenFiles.assertClose("last of all", last, rows(states.getLast(), real));
    GoldenFiles.assertClose("last", last, rows(model.base().encode(input, false), real));
    GoldenFiles.assertClose(
        "logits", rows(golden.tensor("output.logits"), real), model.logits(input, real, false));
  }

  /// The rows `[rows, width]` of `[batch, time, width]` that no padding is at.
  private static Tensor rows(Tensor all, Tensor real) {
    return all.reshape(-1, all.size(2)).index_select(0, real);
  }

  private static void checkLossAndGradients(CausalLanguageModel model, SafetensorsFile golden) {
    Tensor ids = golden.tensor("input.input_ids");
    Tensor mask = golden.tensor("input.attention_mask");
    int time = (int) ids.size(1);
    long[] flat = Tensors.longs(ids);
    long[] real = Tensors.longs(mask);
    List<int[]> rows = new ArrayList<>();
    for (int from = 0; from < flat.length; from += time) {
      rows.add(
          IntStream.range(from, from + time)
              .filter(i -> real[i] != 0)
              .map(i -> (int) flat[i])
              .toArray());
      assertEquals(1, real[from], "a row without tokens");
    }
    MaskedInput input = MaskedInput.of(TinyModel.nextTokens(0, rows));
    Tensor logits = model.logits(input.input(), input.targets(), false);
    Tensor loss = torch.cross_entropy_loss(logits, input.labels());
    GoldenFiles.assertClose("loss", golden.tensor("output.loss"), loss);
    loss.backward();
    int gradients = 0;
    for (var entry : model.parameters().trained().entrySet()) {
      String name = "grad." + entry.getKey();
      assertTrue(golden.entries().containsKey(name), name + " is not among the golden gradients");
      GoldenFiles.assertGradientClose(name, golden.tensor(name), entry.getValue().grad());
      gradients++;
    }
    long expected = golden.entries().keySet().stream().filter(n -> n.startsWith("grad.")).count();
    assertEquals(expected, gradients, "golden gradients without a parameter of ours");
  }

  private static void checkContinuation(CausalLanguageModel model, SafetensorsFile golden) {
    long[] expected = Tensors.longs(golden.tensor("output.greedy"));
    long[] text = Tensors.longs(golden.tensor("input.prompt"));
    while (text.length < expected.length) {
      TokenInput input = new TokenInput(Tensors.of(text, 1, text.length), null, null);
      Tensor last = Tensors.of(new long[] {text.length - 1}, 1);
      Tensor best = model.logits(input, last, false).argmax(new LongOptional(1), false);
      text = Arrays.copyOf(text, text.length + 1);
      text[text.length - 1] = Tensors.longs(best)[0];
    }
    assertArrayEquals(expected, text);
  }
}
