package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GoldenFiles;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.tensor.TensorScope;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Hidden states, logits, loss and every gradient against Hugging Face's.
class MaskedLanguageModelGoldenTest {
  private static final Set<String> FAMILIES = Set.of("bert", "roberta", "distilbert");

  static List<Path> folders() {
    List<Path> folders =
        GoldenFiles.filesOfKind("hf_masked_lm").stream()
            .map(Path::getParent)
            .filter(folder -> FAMILIES.contains(config(folder).path("model_type").asString()))
            .toList();
    assertFalse(folders.isEmpty(), "no golden masked language model of " + FAMILIES);
    return folders;
  }

  private static JsonNode config(Path folder) {
    try {
      return JsonMapper.shared().readTree(Files.readString(folder.resolve("config.json")));
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @MethodSource("folders")
  void agreesWithHuggingFace(Path folder) {
    BertConfig config = BertConfig.fromJson(config(folder));
    try (var model = new MaskedLanguageModel(config, 1);
        var weights = SafetensorsFile.open(folder.resolve("model.safetensors"));
        var golden = SafetensorsFile.open(folder.resolve("case.safetensors"));
        var scope = new TensorScope()) {
      try (var guard = new org.bytedeco.pytorch.NoGradGuard()) {
        for (String name : weights.entries().keySet()) {
          model.parameters().get(name).copy_(weights.tensor(name));
        }
      }
      check(model, golden);
    }
  }

  private static void check(MaskedLanguageModel model, SafetensorsFile golden) {
    Tensor ids = golden.tensor("input.input_ids");
    Tensor mask = golden.tensor("input.attention_mask");
    Tensor types =
        golden.entries().containsKey("input.token_type_ids")
            ? golden.tensor("input.token_type_ids")
            : null;
    TokenInput input = new TokenInput(ids, mask, types);
    List<Tensor> states = model.encoder().hiddenStates(input);
    for (int i = 0; i < states.size(); i++) {
      String name = "output.hidden_state_" + i;
      if (golden.entries().containsKey(name)) {
        GoldenFiles.assertClose(name, golden.tensor(name), states.get(i));
      }
    }
    GoldenFiles.assertClose(
        "last hidden state",
        golden.tensor("output.last_hidden_state"),
        model.encoder().encode(input, false));
    Tensor all = torch.arange(new Scalar(ids.numel())).to(torch.ScalarType.Long);
    Tensor logits = golden.tensor("output.logits");
    GoldenFiles.assertClose(
        "logits", logits.view(ids.numel(), -1), model.logits(input, all, false));

    Tensor labels = golden.tensor("input.labels").reshape(-1);
    Tensor targets = labels.ge(new Scalar(0L)).nonzero().view(-1);
    Tensor loss =
        torch.cross_entropy_loss(
            model.logits(input, targets, false), labels.index_select(0, targets));
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
}
