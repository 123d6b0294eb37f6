package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.Bits;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;
import org.mneme.TinyModel;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.tensor.Parameters;
import tools.jackson.databind.node.ObjectNode;

/// Encoders whose folders hold no head.
class BareEncoderTest {
  private static final int DIM = 40;

  @TempDir Path temp;
  private Path plain = Path.of("");

  @BeforeEach
  void copyGoldenModel() {
    plain = TinyModel.golden("hf_bert_mlm", temp.resolve("plain"));
  }

  /// The golden model's encoder by itself.
  private Path bareEncoder() {
    Path folder = temp.resolve("bare");
    try (PretrainedModel model = PretrainedModel.load(plain);
        var parameters = new Parameters()) {
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
      expected = Outputs.of(model);
      Bits.assertSame(Outputs.of(plain).subList(0, 5), expected.subList(0, 5));
      model.save(withHead);
    }
    Bits.assertSame(expected, Outputs.of(withHead));
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
      Bits.assertSame(Outputs.of(model), Outputs.of(withHead));
    }
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
