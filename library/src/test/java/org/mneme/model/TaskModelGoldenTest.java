package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GoldenFiles;
import org.mneme.TinyModel;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.tensor.TensorScope;

/// Hidden states, logits, loss and every gradient of models with task heads against Hugging Face's.
class TaskModelGoldenTest {
  private static final Set<String> FAMILIES = Set.of("bert", "roberta", "distilbert");

  static List<Path> folders() {
    List<Path> folders =
        GoldenFiles.filesOfKind(
                "hf_sequence_classification",
                "hf_token_classification",
                "hf_question_answering",
                "hf_multiple_choice")
            .stream()
            .map(Path::getParent)
            .filter(folder ->
                FAMILIES.contains(
                    TinyModel.json(folder.resolve("config.json")).path("model_type").asString()))
            .toList();
    assertFalse(folders.isEmpty(), "no golden task head of " + FAMILIES);
    return folders;
  }

  @ParameterizedTest
  @MethodSource("folders")
  void agreesWithHuggingFace(Path folder) {
    try (var model = PretrainedModel.load(folder);
        var golden = SafetensorsFile.open(folder.resolve("case.safetensors"));
        var scope = new TensorScope()) {
      assertEquals(List.of(), model.report().unexpected());
      TokenInput input = input(golden);
      checkHiddenStates(model.encoder(), input, golden);
      checkLogitsAndGradients(model.taskModel(), input, golden);
    }
  }

  /// The choices of an example below each other.
  private static TokenInput input(SafetensorsFile golden) {
    Tensor ids = golden.tensor("input.input_ids");
    long time = ids.size(ids.dim() - 1);
    String types = "input.token_type_ids";
    return new TokenInput(
        ids.view(-1, time),
        golden.tensor("input.attention_mask").view(-1, time),
        golden.entries().containsKey(types) ? golden.tensor(types).view(-1, time) : null);
  }

  private static void checkHiddenStates(
      BertEncoder encoder, TokenInput input, SafetensorsFile golden) {
    List<Tensor> states = encoder.hiddenStates(input);
    for (int i = 0; i < states.size(); i++) {
      String name = "output.hidden_state_" + i;
      if (golden.entries().containsKey(name)) {
        Tensor expected = golden.tensor(name).view(input.batch(), input.time(), -1);
        GoldenFiles.assertClose(name, expected, states.get(i));
      }
    }
    if (golden.entries().containsKey("output.last_hidden_state")) {
      Tensor expected = golden.tensor("output.last_hidden_state");
      GoldenFiles.assertClose(
          "last hidden state",
          expected.view(input.batch(), input.time(), -1),
          encoder.encode(input, false));
    }
  }

  private static void checkLogitsAndGradients(
      TaskModel model, TokenInput input, SafetensorsFile golden) {
    Tensor logits = model.logits(input, false);
    Tensor labels = checkedLabels(model.head().config().kind(), input, logits, golden);
    Tensor loss = model.head().loss(logits, labels, input.time());
    GoldenFiles.assertClose("loss", golden.tensor("output.loss"), loss);
    loss.backward();
    checkGradients(model, golden);
  }

  /// The labels, after the logits were compared.
  private static Tensor checkedLabels(
      TaskKind kind, TokenInput input, Tensor logits, SafetensorsFile golden) {
    if (kind == TaskKind.QUESTION) {
      GoldenFiles.assertClose("begin", golden.tensor("output.start_logits"), logits.select(2, 0));
      GoldenFiles.assertClose("end", golden.tensor("output.end_logits"), logits.select(2, 1));
      return torch.stack(
          new TensorVector(
              golden.tensor("input.start_positions"), golden.tensor("input.end_positions")),
          1);
    }
    Tensor expected = golden.tensor("output.logits");
    Tensor ours = kind == TaskKind.CHOICE ? logits.view(-1, expected.size(1)) : logits;
    GoldenFiles.assertClose("logits", expected, ours);
    Tensor labels = golden.tensor("input.labels");
    return labels.is_floating_point() ? labels.view(input.batch(), -1) : labels;
  }

  private static void checkGradients(TaskModel model, SafetensorsFile golden) {
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
