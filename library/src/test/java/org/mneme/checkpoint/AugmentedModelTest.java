package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.Bits;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;
import org.mneme.TinyModel;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.MemoryType;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.Table;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Rows;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.tensor.Tensors;
import tools.jackson.databind.node.ObjectNode;

/// Pretrained encoders that were given memories.
class AugmentedModelTest {
  private static final int DIM = 40;

  @TempDir Path temp;
  private Path plain = Path.of("");

  @BeforeEach
  void copyGoldenModel() {
    plain = TinyModel.golden("hf_bert_mlm", temp.resolve("plain"));
  }

  /// A memory at each kind of place, and its dense control.
  static Stream<MemoryPlacement> placements() {
    List<MemoryPlacement> placements = new ArrayList<>();
    for (MemoryConfig layer :
        List.of(
            TinyModel.memory(DIM),
            TinyModel.memory(DIM)
                .with(layer -> {
                  layer.queryNorm = QueryNorm.LAYER;
                  layer.scoreActivation = new ScaledSoftmax(5);
                }),
            TinyModel.memory(MemoryType.FLAT_KEY, DIM),
            TinyModel.memory(MemoryType.MEMORY_PLUS, DIM),
            TinyModel.memory(MemoryType.PEER, DIM)
                .with(layer -> layer.tableType = Table.Type.BFLOAT16),
            new DenseConfig(DIM, 11))) {
      for (ReadAt readAt : ReadAt.values()) {
        for (List<Integer> blocks : List.of(List.of(0), List.of(2), List.of(0, 1, 2))) {
          placements.add(new MemoryPlacement(blocks, Placement.BESIDE, readAt, layer));
        }
      }
    }
    return placements.stream();
  }

  @ParameterizedTest
  @MethodSource("placements")
  void withAFreshMemoryBesideItComputesTheSameBits(MemoryPlacement placement) {
    List<float[]> expected = Outputs.of(plain);
    Path folder = temp.resolve("augmented");
    try (PretrainedModel augmented = PretrainedModel.augment(plain, placement, 7)) {
      Bits.assertSame(expected, Outputs.of(augmented));
      augmented.save(folder);
    }
    Bits.assertSame(expected, Outputs.of(folder));
  }

  @ParameterizedTest
  @MethodSource("placements")
  void anAugmentedModelComesBackFromItsFolder(MemoryPlacement placement) {
    Path folder = temp.resolve("augmented");
    try (PretrainedModel augmented = PretrainedModel.augment(plain, placement, 7)) {
      augmented.save(folder);
      try (PretrainedModel again = PretrainedModel.load(folder)) {
        assertEquals(augmented.encoder().config(), again.encoder().config());
        assertEquals(placement, again.encoder().config().memory());
        assertEquals(List.of(), again.report().missing());
        Bits.assertSame(Bits.of(augmented.parameters()), Bits.of(again.parameters()));
      }
    }
    assertEquals(placement.toJson(), TinyModel.json(folder.resolve("config.json")).get("memory"));
    assertTrue(Files.exists(folder.resolve("tokenizer.json")));
  }

  @Test
  void aDistilBertWithAFreshMemoryComputesTheSameBits() {
    Path distil = TinyModel.golden("hf_distilbert_mlm", temp.resolve("distil"));
    List<float[]> expected = Outputs.of(distil);
    Path folder = temp.resolve("augmented");
    try (PretrainedModel augmented =
        PretrainedModel.augment(distil, TinyModel.beside(TinyModel.memory(DIM), 1, 2), 7)) {
      assertTrue(augmented.parameters().contains("distilbert.transformer.layer.1.memory.values"));
      augmented.save(folder);
    }
    Bits.assertSame(expected, Outputs.of(folder));
  }

  @Test
  void aSharedTableIsSavedOnceAndComesBackInAllLayers() throws IOException {
    Path folder = temp.resolve("augmented");
    var memory =
        TinyModel.memory(MemoryType.MEMORY_PLUS, DIM)
            .with(layer -> layer.values = new Rows(ValueInit.NORMAL));
    String first = "bert.encoder.layer.0.memory.values";
    String second = "bert.encoder.layer.2.memory.values";
    List<float[]> expected;
    try (PretrainedModel augmented =
        PretrainedModel.augment(plain, TinyModel.beside(memory, 0, 2), 7)) {
      assertEquals(Set.of(first), augmented.encoder().tables().keySet());
      expected = Outputs.of(augmented);
      augmented.save(folder);
    }
    try (var file = SafetensorsFile.open(folder.resolve("model.safetensors"))) {
      assertTrue(file.entries().containsKey(first));
      assertFalse(file.entries().containsKey(second));
      assertTrue(file.entries().containsKey(second.replace("values", "keys")));
    }
    Bits.assertSame(expected, Outputs.of(folder));
    try (PretrainedModel again = PretrainedModel.load(folder)) {
      assertEquals(List.of(), again.report().missing());
      assertEquals(first, again.parameters().aliases().get(second));
      assertSame(again.parameters().get(first), again.parameters().get(second));
    }
  }

  @Test
  void settingsThatWeDoNotKnowSurvive() {
    Path folder = temp.resolve("augmented");
    try (PretrainedModel augmented = augment(Placement.BESIDE, 1)) {
      augmented.save(folder);
    }
    ObjectNode before = (ObjectNode) TinyModel.json(plain.resolve("config.json"));
    ObjectNode after = (ObjectNode) TinyModel.json(folder.resolve("config.json"));
    assertNotNull(after.remove("memory"));
    assertEquals(before, after);
  }

  private PretrainedModel augment(Placement placement, Integer... blocks) {
    return PretrainedModel.augment(
        plain,
        new MemoryPlacement(
            List.of(blocks),
            placement,
            ReadAt.ALL,
            TinyModel.memory(DIM).with(layer -> layer.values = new Rows(ValueInit.NORMAL))),
        7);
  }

  @Test
  void aReplacedFeedForwardIsReportedAndGone() {
    Path folder = temp.resolve("replaced");
    try (PretrainedModel replaced = augment(Placement.REPLACE, 0, 2)) {
      assertEquals(
          Stream.of(0, 2)
              .flatMap(block ->
                  Stream.of(
                          "intermediate.dense.weight",
                          "intermediate.dense.bias",
                          "output.dense.weight",
                          "output.dense.bias")
                      .map(name -> "bert.encoder.layer." + block + "." + name))
              .collect(Collectors.toCollection(TreeSet::new)),
          new TreeSet<>(replaced.report().unexpected()));
      assertFalse(replaced.parameters().contains("bert.encoder.layer.0.intermediate.dense.weight"));
      assertTrue(replaced.parameters().contains("bert.encoder.layer.1.output.dense.weight"));
      assertTrue(replaced.parameters().contains("bert.encoder.layer.0.output.LayerNorm.weight"));
      try (PretrainedModel original = PretrainedModel.load(plain)) {
        original
            .parameters()
            .all()
            .forEach((name, tensor) -> {
              if (replaced.parameters().contains(name)) {
                Bits.assertSame(
                    List.of(Tensors.floats(tensor)),
                    List.of(Tensors.floats(replaced.parameters().get(name))));
              }
            });
      }
      replaced.save(folder);
      Bits.assertSame(Outputs.of(replaced), Outputs.of(folder));
    }
    try (PretrainedModel again = PretrainedModel.load(folder)) {
      assertEquals(List.of(), again.report().unexpected());
    }
  }

  @Test
  void memoriesAreNotGivenTwice() {
    Path folder = temp.resolve("augmented");
    try (PretrainedModel augmented = augment(Placement.BESIDE, 1)) {
      augmented.save(folder);
    }
    MemoryPlacement second = TinyModel.beside(TinyModel.memory(DIM), 0);
    var problem =
        assertThrows(InvalidInputException.class, () -> PretrainedModel.augment(folder, second, 1));
    assertEquals(Kind.CONFIG, problem.kind());
    assertTrue(problem.getMessage().contains(folder.toString()), problem.getMessage());
  }

  @Test
  void memoriesThatDoNotFitAreRefused() {
    for (MemoryPlacement wrong :
        List.of(
            TinyModel.beside(TinyModel.memory(DIM), 3),
            TinyModel.beside(TinyModel.memory(DIM), -1),
            TinyModel.beside(TinyModel.memory(16), 1))) {
      var problem =
          assertThrows(InvalidInputException.class, () -> PretrainedModel.augment(plain, wrong, 1));
      assertEquals(Kind.CONFIG, problem.kind());
    }
  }

  @Test
  void anUnknownMemorySettingInAFolderIsNamed() {
    Path folder = temp.resolve("augmented");
    try (PretrainedModel augmented = augment(Placement.BESIDE, 1)) {
      augmented.save(folder);
    }
    ObjectNode config = (ObjectNode) TinyModel.json(folder.resolve("config.json"));
    ((ObjectNode) config.get("memory")).put("colour", "red");
    JsonFiles.write(folder.resolve("config.json"), config);
    var problem = assertThrows(InvalidInputException.class, () -> PretrainedModel.load(folder));
    assertEquals("memory.colour", problem.key());
    assertEquals(Kind.CONFIG, problem.kind());
  }

  @Test
  void aFolderWithoutItsMemorysWeightsIsRefused() {
    ObjectNode config = (ObjectNode) TinyModel.json(plain.resolve("config.json"));
    config.set("memory", TinyModel.beside(TinyModel.memory(DIM), 1).toJson());
    JsonFiles.write(plain.resolve("config.json"), config);
    var problem = assertThrows(InvalidInputException.class, () -> PretrainedModel.load(plain));
    assertEquals(Kind.WEIGHTS, problem.kind());
    assertTrue(problem.getMessage().contains(".memory."), problem.getMessage());
  }
}
