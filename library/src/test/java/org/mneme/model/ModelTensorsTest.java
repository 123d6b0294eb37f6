package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.MemoryType;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.model.TransformerXlConfig.Clusters;
import org.mneme.model.TransformerXlConfig.Reach;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.PlannedTensor;
import tools.jackson.databind.json.JsonMapper;

final class ModelTensorsTest {
  private static final int DIM = 8;

  @ParameterizedTest
  @EnumSource(MemoryType.class)
  void everyMemoryHasThePlannedTensors(MemoryType type) {
    MemoryConfig layer =
        MemoryConfig.fromJson(
            JsonMapper.shared()
                .createObjectNode()
                .put("type", type.label())
                .put("dim", DIM)
                .put("slotsPerHead", 2)
                .put("queryDim", 4));
    var both = new MemoryPlacement(List.of(0, 1), Placement.BESIDE, ReadAt.ALL, layer);
    requirePlanned(bert().withMemory(both));
    requirePlanned(gpt2().withMemory(both));
    requirePlanned(xl(Clusters.one(DIM), true).withMemory(both));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void clustersOfWordsToo(boolean tied) {
    requirePlanned(xl(Clusters.one(DIM), tied));
    requirePlanned(xl(Clusters.one(DIM / 2), tied));
    requirePlanned(xl(new Clusters(List.of(3, 7), DIM, 1), tied));
    requirePlanned(xl(new Clusters(List.of(3, 7), DIM / 2, 1), tied));
    requirePlanned(xl(new Clusters(List.of(3, 7), DIM, 2), tied));
  }

  private static TransformerXlConfig xl(Clusters clusters, boolean tied) {
    return new TransformerXlConfig(
        11,
        clusters,
        DIM,
        2,
        3,
        2,
        5,
        Activation.RELU,
        new Reach(4, false, 0),
        false,
        1e-5,
        new TransformerXlConfig.Shares(0, 0),
        tied,
        null,
        null,
        0,
        null);
  }

  @Test
  void memoriesInPlaceOfTheFeedForwardAndTheDenseControlToo() {
    var dense =
        new MemoryPlacement(List.of(1), Placement.REPLACE, ReadAt.TARGETS, new DenseConfig(DIM, 5));
    requirePlanned(bert().withMemory(dense));
    requirePlanned(gpt2().withMemory(dense));
  }

  @Test
  void distilbertHasNoTokenTypes() {
    requirePlanned(new NewModelConfig.Distilbert(DIM, 2, 2, 0, Activation.GELU, 16).config(11, 0));
  }

  @ParameterizedTest
  @EnumSource(TaskKind.class)
  void everyTaskHeadHasThePlannedTensors(TaskKind kind) {
    HeadConfig head =
        switch (kind) {
          case SEQUENCE -> HeadConfig.singleLabel(List.of("a", "b", "c"));
          case TOKEN -> HeadConfig.tokens(List.of("a", "b"));
          case QUESTION -> HeadConfig.question();
          case CHOICE -> HeadConfig.choice();
        };
    BertConfig distilbert =
        new NewModelConfig.Distilbert(DIM, 2, 2, 0, Activation.GELU, 16).config(11, 0);
    for (BertConfig config : List.of(bert(), distilbert)) {
      try (var model = new TaskModel(config, head, 1)) {
        requirePlanned(ModelTensors.of(config, head), model.parameters());
      }
    }
  }

  private static BertConfig bert() {
    return new NewModelConfig.Bert(DIM, 2, 2, 0, Activation.GELU, 16, 2).config(11, 0);
  }

  private static Gpt2Config gpt2() {
    return new NewModelConfig.Gpt2(DIM, 2, 2, 0, Activation.GELU_NEW, 16).config(11, 0);
  }

  private static void requirePlanned(ArchitectureConfig config) {
    try (LanguageModel model =
        switch (config) {
          case BertConfig bert -> new MaskedLanguageModel(bert, 1);
          case CausalConfig causal -> new CausalLanguageModel(causal, 1);
        }) {
      requirePlanned(ModelTensors.of(config), model.parameters());
    }
  }

  private static void requirePlanned(List<PlannedTensor> tensors, Parameters parameters) {
    List<String> made = new ArrayList<>();
    parameters
        .all()
        .forEach((name, tensor) -> made.add(line(name, tensor, parameters.isBuffer(name))));
    List<String> planned =
        tensors.stream()
            .map(tensor ->
                "%s %d %d %s"
                    .formatted(
                        tensor.name(),
                        tensor.elements(),
                        tensor.bytes(),
                        tensor.kind() == PlannedTensor.Kind.BUFFER))
            .toList();
    assertEquals(made, planned);
  }

  private static String line(String name, Tensor tensor, boolean buffer) {
    return "%s %d %d %s".formatted(name, tensor.numel(), tensor.nbytes(), buffer);
  }
}
