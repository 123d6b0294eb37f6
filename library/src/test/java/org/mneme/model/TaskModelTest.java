package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.Bits;
import org.mneme.GradientCheck;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.TableGradients;
import org.mneme.model.BertConfig.Family;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class TaskModelTest {
  private static final int DIM = 4;
  private static final List<HeadConfig> HEADS =
      List.of(
          HeadConfig.singleLabel(List.of("a", "b", "c")),
          HeadConfig.multiLabel(List.of("a", "b", "c")),
          HeadConfig.regression(),
          HeadConfig.tokens(List.of("a", "b", "c")),
          HeadConfig.question(),
          HeadConfig.choice());

  static Stream<Arguments> models() {
    return Arrays.stream(Family.values())
        .flatMap(family -> HEADS.stream().map(head -> Arguments.of(family, head)));
  }

  private static BertConfig config(Family family) {
    return new BertConfig(
            family,
            9,
            DIM,
            2,
            2,
            3,
            Activation.GELU,
            9,
            family == Family.DISTILBERT ? 0 : 2,
            1e-5,
            1,
            0,
            0,
            true,
            null)
        .withDropout(0);
  }

  /// Four texts, the last two of them padded: two examples of two choices.
  private static TokenInput input() {
    return new TokenInput(
        Tensors.of(new long[] {2, 5, 6, 3, 4, 3, 7, 8, 2, 6, 1, 1, 5, 8, 3, 1}, 4, 4),
        Tensors.of(new long[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0}, 4, 4),
        Tensors.of(new long[] {0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0}, 4, 4));
  }

  private static Tensor labels(HeadConfig head) {
    return switch (head.kind()) {
      case SEQUENCE ->
          switch (head.problem()) {
            case SINGLE_LABEL -> Tensors.of(new long[] {2, 0, 1, 1}, 4);
            case MULTI_LABEL -> Tensors.of(new float[] {1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0}, 4, 3);
            case REGRESSION -> Tensors.of(new float[] {0.5f, -1, 2, 0}, 4, 1);
          };
      case TOKEN -> {
        long none = TaskHead.IGNORED;
        yield Tensors.of(
            new long[] {none, 2, 0, none, 1, 1, none, none, 0, 2, none, none, none, 0, 1, none},
            4,
            4);
      }
      case QUESTION -> Tensors.of(new long[] {1, 3, 0, 4, 9, 2, -1, 0}, 4, 2);
      case CHOICE -> Tensors.of(new long[] {1, 0}, 2);
    };
  }

  /// The golden tests check every head's gradients without memories.
  static List<HeadConfig> heads() {
    return List.of(HEADS.getFirst(), HeadConfig.question(), HeadConfig.choice());
  }

  @ParameterizedTest
  @MethodSource("heads")
  void gradientsMatchCentralDifferencesMemoriesIncluded(HeadConfig head) {
    var memory =
        TinyModel.memory(DIM)
            .with(layer -> {
              layer.keys = new ProductKeys(3);
              layer.slotsPerHead = 2;
              layer.queryDim = 4;
              layer.queryNorm = QueryNorm.LAYER;
            });
    ReadAt readAt = head.kind() == TaskKind.CHOICE ? ReadAt.TARGETS : ReadAt.ALL;
    var placement = new MemoryPlacement(List.of(1), Placement.BESIDE, readAt, memory);
    try (var model = new TaskModel(config(Family.BERT).withMemory(placement), head, 4);
        var scope = new TensorScope()) {
      model.parameters().convert(torch.ScalarType.Double);
      GradientCheck.stir(model.parameters(), 0.4);
      // questions score padding too, whose embedding has no gradient by design
      TokenInput input = head.kind() == TaskKind.QUESTION ? input().rows(0, 2) : input();
      Tensor labels =
          head.kind() == TaskKind.QUESTION ? labels(head).narrow(0, 0, 2) : labels(head);
      double error =
          GradientCheck.worstError(
              model.parameters().trained(),
              () -> model.head().loss(model.logits(input, true), labels, 4),
              () -> TableGradients.materialize(model.base().tables()));
      assertTrue(error < 1e-6, "worst relative error " + error);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void lossesOfPartsAddUpToThatOfTheBatch(Family family, HeadConfig head) {
    try (var model = new TaskModel(config(family), head, 4);
        var scope = new TensorScope()) {
      Tensor labels = labels(head);
      long[] counts = model.head().counts(labels, 4);
      double whole = model.head().loss(model.logits(input(), false), labels, 4).item_double();
      double parts = 0;
      for (int part = 0; part < 2; part++) {
        Tensor logits = model.logits(input().rows(2 * part, 2), false);
        Tensor own = labels.narrow(0, part * labels.size(0) / 2, labels.size(0) / 2);
        parts += model.head().loss(logits, own, counts).item_double();
      }
      assertEquals(whole, parts, 1e-6);
    }
  }

  /// What a head alone drops, the encoder nothing: as in Hugging Face's models.
  @ParameterizedTest
  @MethodSource("models")
  void headsDropWhatHuggingFacesDo(Family family, HeadConfig head) {
    ObjectNode json = config(family).toJson();
    for (String key : List.of("classifier_dropout", "seq_classif_dropout", "qa_dropout")) {
      json.put(key, 0.5);
    }
    boolean drops =
        switch (head.kind()) {
          case SEQUENCE -> true;
          case TOKEN -> family != Family.DISTILBERT; // there the encoder's dropout
          case QUESTION -> family == Family.DISTILBERT;
          case CHOICE -> family != Family.ROBERTA; // there too
        };
    assertEquals(drops, drops(BertConfig.fromJson(json), head));
    assertFalse(drops(BertConfig.fromJson(json).withDropout(0), head));
  }

  private static boolean drops(BertConfig config, HeadConfig head) {
    try (var model = new TaskModel(config, head, 4);
        var scope = new TensorScope()) {
      float[] tested = Tensors.floats(model.logits(input(), false));
      float[] trained = Tensors.floats(model.logits(input(), true));
      boolean drops = !Arrays.equals(tested, trained);
      assertEquals(!drops, model.divisible());
      return drops;
    }
  }

  @Test
  void theHeadsDropoutFollowsTheEncodersUnlessItHasItsOwn() {
    String json = "{\"model_type\": \"%s\", \"%s\": 0.3%s}";
    BertConfig own =
        read(json.formatted("bert", "hidden_dropout_prob", ", \"classifier_dropout\": 0.4"));
    assertEquals(0.4, own.taskHeads().dropout(TaskKind.SEQUENCE));
    BertConfig none =
        read(json.formatted("bert", "hidden_dropout_prob", ", \"classifier_dropout\": null"));
    assertEquals(0.3, none.taskHeads().dropout(TaskKind.CHOICE));
    BertConfig distil = read(json.formatted("distilbert", "dropout", ""));
    assertEquals(0.2, distil.taskHeads().dropout(TaskKind.SEQUENCE));
    assertEquals(0.3, distil.taskHeads().dropout(TaskKind.TOKEN));
    assertEquals(0.1, distil.taskHeads().dropout(TaskKind.QUESTION));
    for (BertConfig config : List.of(own, none, distil, own.withDropout(0.2))) {
      assertEquals(config, BertConfig.fromJson(config.toJson()));
    }
    for (String key : List.of("classifier_dropout", "initializer_range")) {
      String wrong = json.formatted("bert", "hidden_dropout_prob", ", \"" + key + "\": -1");
      assertEquals(key, assertThrows(InvalidInputException.class, () -> read(wrong)).key());
    }
  }

  private static BertConfig read(String json) {
    return BertConfig.fromJson(JsonMapper.shared().readTree(json));
  }

  @ParameterizedTest
  @MethodSource("models")
  void theSeedDrawsTheHeadAsWideAsTheConfigSays(Family family, HeadConfig head) {
    ObjectNode json = config(family).toJson();
    json.put("initializer_range", 0.5);
    BertConfig config = BertConfig.fromJson(json);
    try (var one = new TaskModel(config, head, 4);
        var same = new TaskModel(config, head, 4);
        var other = new TaskModel(config, head, 5)) {
      Bits.assertSame(Bits.of(one.parameters()), Bits.of(same.parameters()));
      for (var entry : one.parameters().all().entrySet()) {
        if (!head.isHead(family, entry.getKey())) {
          continue;
        }
        float[] drawn = Tensors.floats(entry.getValue());
        if (entry.getKey().endsWith(".bias")) {
          assertArrayEquals(new float[drawn.length], drawn);
        } else {
          float[] others = Tensors.floats(other.parameters().get(entry.getKey()));
          assertFalse(Arrays.equals(drawn, others));
          double squares = 0;
          for (float weight : drawn) {
            squares += weight * weight;
          }
          assertTrue(Math.sqrt(squares / drawn.length) > 0.1, entry.getKey());
        }
      }
    }
  }

  @Test
  void aBatchWithoutLabelsThatCountHasNoLoss() {
    HeadConfig head = HeadConfig.tokens(List.of("a", "b"));
    try (var model = new TaskModel(config(Family.BERT), head, 4);
        var scope = new TensorScope()) {
      long[] none = new long[16];
      Arrays.fill(none, TaskHead.IGNORED);
      Tensor labels = Tensors.of(none, 4, 4);
      assertArrayEquals(new long[] {0}, model.head().counts(labels, 4));
      assertEquals(0, model.head().loss(model.logits(input(), true), labels, 4).item_double());
    }
  }

  @Test
  void aLabelThatTheHeadDoesNotHaveIsNamed() {
    HeadConfig head = HeadConfig.singleLabel(List.of("a", "b"));
    try (var model = new TaskModel(config(Family.BERT), head, 4);
        var scope = new TensorScope()) {
      var problem =
          assertThrows(
              InvalidInputException.class,
              () -> model.head().counts(Tensors.of(new long[] {0, 2}, 2), 4));
      assertEquals(InvalidInputException.Kind.DATA, problem.kind());
      assertTrue(problem.getMessage().startsWith("label id 2 is none of the head's 2"));
    }
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void callsKeepNothingButTheirResult(Family family) {
    for (HeadConfig head : HEADS) {
      try (var model = new TaskModel(config(family), head, 4);
          var scope = new TensorScope()) {
        TokenInput input = input();
        Tensor labels = labels(head);
        long before = -1;
        for (int i = 0; i < 3; i++) {
          try (var inner = new TensorScope()) {
            var unused = model.head().loss(model.logits(input, true), labels, 4);
          }
          long now = Pointer.totalCount();
          assertTrue(before < 0 || now == before, head + ": " + before + " -> " + now);
          before = now;
        }
      }
    }
  }
}
