package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.Bits;
import org.mneme.GoldenFiles;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;
import org.mneme.TinyModel;
import org.mneme.memory.QueryNorm;
import org.mneme.model.HeadConfig;
import org.mneme.model.TaskKind;
import org.mneme.model.TokenInput;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import tools.jackson.databind.node.ObjectNode;

/// Folders of encoders with heads for tasks.
class TaskFolderTest {
  private static final int DIM = 40;
  private static final HeadConfig THREE =
      HeadConfig.singleLabel(List.of("LABEL_0", "LABEL_1", "LABEL_2"));

  @TempDir Path temp;

  static List<String> goldenFolders() {
    return GoldenFiles.filesOfKind(
            "hf_sequence_classification",
            "hf_token_classification",
            "hf_question_answering",
            "hf_multiple_choice")
        .stream()
        .map(file -> String.valueOf(file.getParent().getFileName()))
        .toList();
  }

  private Path golden(String name) {
    return TinyModel.golden(name, temp.resolve(name));
  }

  private static void change(Path folder, Consumer<ObjectNode> change) {
    Path file = folder.resolve("config.json");
    ObjectNode config = (ObjectNode) TinyModel.json(file);
    change.accept(config);
    try {
      Files.writeString(file, config.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static float[] logits(PretrainedModel model) {
    try (var scope = new TensorScope()) {
      TokenInput input =
          new TokenInput(
              Tensors.of(new long[] {2, 67, 81, 3, 2, 4, 90, 83, 64, 3, 0, 0}, 3, 4),
              Tensors.of(new long[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0}, 3, 4),
              null);
      return Tensors.floats(model.taskModel().logits(input, false));
    }
  }

  @ParameterizedTest
  @MethodSource("goldenFolders")
  void aFolderComesBackToTheBit(String name) {
    Path folder = golden(name);
    Path copy = temp.resolve("copy");
    try (PretrainedModel model = PretrainedModel.load(folder)) {
      model.save(copy);
      try (PretrainedModel again = PretrainedModel.loadTask(copy, config -> config)) {
        Bits.assertSame(Bits.of(model.parameters()), Bits.of(again.parameters()));
        assertArrayEquals(logits(model), logits(again));
        assertEquals(model.taskModel().head().config(), again.taskModel().head().config());
      }
    }
    assertEquals(
        TinyModel.json(folder.resolve("config.json")), TinyModel.json(copy.resolve("config.json")));
    try (var before = SafetensorsFile.open(folder.resolve("model.safetensors"));
        var after = SafetensorsFile.open(copy.resolve("model.safetensors"))) {
      assertEquals(before.entries().keySet(), after.entries().keySet());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"hf_bert_mlm", "hf_roberta_mlm", "hf_distilbert_mlm"})
  void anEncoderGetsAnyHeadAndKeepsItInItsFolder(String name) {
    Path encoder = golden(name);
    List<HeadConfig> heads =
        List.of(
            HeadConfig.singleLabel(List.of("no", "yes")),
            HeadConfig.multiLabel(List.of("red", "green", "blue")),
            HeadConfig.regression(),
            HeadConfig.tokens(List.of("O", "B-PER")),
            HeadConfig.question(),
            HeadConfig.choice());
    for (HeadConfig head : heads) {
      Path folder = temp.resolve("task");
      try (PretrainedModel model =
          PretrainedModel.loadWithTask(encoder, head, 3, config -> config)) {
        assertEquals(head, model.taskModel().head().config());
        model.save(folder);
        try (PretrainedModel again = PretrainedModel.load(folder)) {
          assertEquals(head, again.taskModel().head().config());
          assertEquals(List.of(), again.report().missing());
          assertEquals(List.of(), again.report().unexpected());
          assertArrayEquals(logits(model), logits(again));
        }
        try (PretrainedModel same =
            PretrainedModel.loadWithTask(encoder, head, 3, config -> config)) {
          Bits.assertSame(Bits.of(model.parameters()), Bits.of(same.parameters()));
        }
      }
    }
  }

  @Test
  void trainingGoesOnWithTheFoldersHeadAndItsIds() {
    Path folder = golden("hf_bert_sequence");
    var turned = HeadConfig.singleLabel(List.of("LABEL_2", "LABEL_1", "LABEL_0"));
    try (PretrainedModel model = PretrainedModel.load(folder);
        PretrainedModel again =
            PretrainedModel.loadWithTask(folder, turned, 3, config -> config.withDropout(0.1))) {
      assertEquals(THREE, again.taskModel().head().config());
      assertEquals(0.1, again.taskModel().head().dropout());
      Bits.assertSame(Bits.of(model.parameters()), Bits.of(again.parameters()));
    }
  }

  @Test
  void aHeadForOtherLabelsIsRefusedUnlessANewOneIsAskedFor() {
    Path folder = golden("hf_bert_sequence");
    for (HeadConfig other :
        List.of(
            HeadConfig.singleLabel(List.of("LABEL_0", "LABEL_1")),
            HeadConfig.singleLabel(List.of("a", "b", "c")),
            HeadConfig.regression())) {
      var problem =
          assertThrows(
              InvalidInputException.class,
              () -> PretrainedModel.loadWithTask(folder, other, 3, config -> config));
      assertEquals("id2label", problem.key());
      assertEquals(Kind.CONFIG, problem.kind());
      for (String part : List.of(folder.toString(), "LABEL_2", "ask for a new head")) {
        assertTrue(problem.getMessage().contains(part), problem.getMessage());
      }
      try (PretrainedModel model =
          PretrainedModel.loadWithNewTask(folder, other, 3, config -> config)) {
        assertEquals(other, model.taskModel().head().config());
        assertEquals(
            Set.of("classifier.weight", "classifier.bias"), Set.copyOf(model.report().missing()));
      }
    }
  }

  @Test
  void anotherTasksClassifierIsNotTakenThoughItHasTheSameName() {
    Path folder = golden("hf_bert_sequence"); // of three labels
    HeadConfig tokens = HeadConfig.tokens(List.of("LABEL_0", "LABEL_1", "LABEL_2"));
    try (PretrainedModel model =
        PretrainedModel.loadWithTask(folder, tokens, 3, config -> config)) {
      assertEquals(
          Set.of("classifier.weight", "classifier.bias"), Set.copyOf(model.report().missing()));
      assertEquals(
          new TreeSet<>(
              Set.of(
                  "bert.pooler.dense.bias",
                  "bert.pooler.dense.weight",
                  "classifier.bias",
                  "classifier.weight")),
          new TreeSet<>(model.report().unexpected()));
    }
    try (PretrainedModel model =
        PretrainedModel.loadWithTask(folder, HeadConfig.choice(), 3, config -> config)) {
      assertEquals( // the pooler is the encoder's
          Set.of("classifier.weight", "classifier.bias"), Set.copyOf(model.report().missing()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"hf_bert_token", "hf_roberta_sequence", "hf_distilbert_qa"})
  void aMemoryIsAddedUnderAHead(String name) {
    Path folder = golden(name);
    int dim;
    float[] expected;
    try (PretrainedModel model = PretrainedModel.load(folder)) {
      expected = logits(model);
      dim = model.config().dim();
    }
    var memory =
        TinyModel.beside(TinyModel.memory(dim).with(layer -> layer.queryNorm = QueryNorm.LAYER), 1);
    Path augmented = temp.resolve("augmented");
    try (PretrainedModel model = PretrainedModel.augment(folder, memory, 7)) {
      assertArrayEquals(expected, logits(model));
      model.save(augmented);
    }
    try (PretrainedModel model = PretrainedModel.load(augmented)) {
      assertEquals(Set.of(1), model.base().memories().keySet());
      assertArrayEquals(expected, logits(model));
    }
  }

  @Test
  void aHeadAndAMemoryAreAddedAtOnce() {
    Path folder = golden("hf_bert_mlm");
    var memory = TinyModel.beside(TinyModel.memory(DIM), 0, 2);
    Path saved = temp.resolve("saved");
    try (PretrainedModel model =
        PretrainedModel.loadWithTask(folder, THREE, 3, config -> config.withMemory(memory))) {
      model.save(saved);
      try (PretrainedModel again =
          PretrainedModel.loadWithTask(saved, THREE, 4, config -> config)) {
        Bits.assertSame(Bits.of(model.parameters()), Bits.of(again.parameters()));
      }
    }
  }

  @Test
  void aFolderWithoutAHeadForATaskSaysSo() {
    for (String name : List.of("hf_bert_mlm", "hf_gpt2")) {
      Path folder = golden(name);
      try (PretrainedModel model = PretrainedModel.load(folder)) {
        var problem = assertThrows(InvalidInputException.class, model::taskModel);
        assertEquals("architectures", problem.key());
        assertTrue(problem.getMessage().contains("ForMultipleChoice"), problem.getMessage());
      }
      assertEquals(
          "architectures",
          assertThrows(
                  InvalidInputException.class,
                  () -> PretrainedModel.loadTask(folder, config -> config))
              .key());
    }
    Path causal = temp.resolve("hf_gpt2");
    assertEquals(
        "model_type",
        assertThrows(
                InvalidInputException.class,
                () -> PretrainedModel.loadWithTask(causal, THREE, 3, config -> config))
            .key());
    try (PretrainedModel task = PretrainedModel.load(golden("hf_bert_qa"))) {
      var problem = assertThrows(InvalidInputException.class, task::maskedLanguageModel);
      assertTrue(problem.getMessage().contains("question"), problem.getMessage());
    }
  }

  @Test
  void weightsThatDoNotFitTheConfigAreNamed() {
    Path sequence = golden("hf_bert_sequence"); // of three labels
    change(sequence, config -> config.putObject("id2label").put("0", "no").put("1", "yes"));
    var misshapen = assertThrows(InvalidInputException.class, () -> PretrainedModel.load(sequence));
    assertEquals(Kind.WEIGHTS, misshapen.kind());
    assertTrue(
        misshapen.getMessage().contains("classifier.weight (file [3, 40], model [2, 40])"),
        misshapen.getMessage());
    Path words = golden("hf_bert_mlm");
    change(words, config -> config.putArray("architectures").add("BertForMultipleChoice"));
    var missing = assertThrows(InvalidInputException.class, () -> PretrainedModel.load(words));
    assertEquals(Kind.WEIGHTS, missing.kind());
    assertTrue(missing.getMessage().contains("classifier.weight"), missing.getMessage());
  }

  @Test
  void aModelWithATaskHeadStillGivesItsEncoderAndMayScoreWords() {
    Path folder = golden("hf_bert_choice");
    try (PretrainedModel model = PretrainedModel.load(folder);
        PretrainedModel words = PretrainedModel.loadWithHead(folder, 3, config -> config);
        var scope = new TensorScope()) {
      TokenInput input = new TokenInput(Tensors.of(new long[] {2, 67, 3}, 1, 3), null, null);
      assertArrayEquals(
          Tensors.floats(model.encoder().encode(input, false)),
          Tensors.floats(words.maskedLanguageModel().base().encode(input, false)));
      assertEquals(TaskKind.CHOICE, model.taskModel().head().config().kind());
      assertFalse(words.report().missing().isEmpty());
    }
  }
}
