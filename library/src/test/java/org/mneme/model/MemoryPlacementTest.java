package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.mneme.InvalidInputException;
import org.mneme.TinyModel;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import tools.jackson.databind.node.ObjectNode;

class MemoryPlacementTest {
  private static final MemoryPlacement USUAL =
      new MemoryPlacement(List.of(1), Placement.BESIDE, ReadAt.ALL, TinyModel.memory(16));

  private static InvalidInputException problem(Consumer<ObjectNode> change) {
    ObjectNode json = USUAL.toJson();
    change.accept(json);
    var problem = assertThrows(InvalidInputException.class, () -> MemoryPlacement.fromJson(json));
    assertEquals(InvalidInputException.Kind.CONFIG, problem.kind());
    return problem;
  }

  @Test
  void whatIsWrittenIsReadBack() {
    for (Placement placement : Placement.values()) {
      for (ReadAt readAt : ReadAt.values()) {
        for (MemoryConfig layer :
            List.of(
                new DenseConfig(16, 5),
                TinyModel.memory(16)
                    .with(memory -> memory.scoreActivation = new ScaledSoftmax(3)))) {
          var one = new MemoryPlacement(List.of(0, 1), placement, readAt, layer);
          assertEquals(one, MemoryPlacement.fromJson(one.toJson()));
        }
      }
    }
  }

  @Test
  void layersAreSortedAndNamedOnce() {
    var placement =
        new MemoryPlacement(
            List.of(3, 1, 3, 0), Placement.BESIDE, ReadAt.ALL, TinyModel.memory(16));
    assertEquals(List.of(0, 1, 3), placement.layers());
  }

  @Test
  void unknownKeysAreNamed() {
    assertEquals("memory.layerz", problem(json -> json.put("layerz", 1)).key());
    var inside = problem(json -> ((ObjectNode) json.path("layer")).put("keysPerSid", 8));
    assertTrue(inside.key().endsWith(".keysPerSid"), inside.key());
    assertTrue(inside.getMessage().contains("keysPerSide"), inside.getMessage());
  }

  @Test
  void valuesThatCannotBeUsedAreNamed() {
    assertEquals("memory.placement", problem(json -> json.put("placement", "besides")).key());
    assertEquals("memory.placement", problem(json -> json.remove("placement")).key());
    assertEquals("memory.readAt", problem(json -> json.put("readAt", 3)).key());
    assertEquals("memory.layers", problem(json -> json.putArray("layers")).key());
    assertEquals("memory.layers", problem(json -> json.remove("layers")).key());
    assertEquals("memory.layers", problem(json -> json.putArray("layers").add("last")).key());
    assertEquals("memory.layers", problem(json -> json.putArray("layers").add(1.5)).key());
    assertEquals("memory.layers", problem(json -> json.put("layers", 1)).key());
    assertTrue(problem(json -> json.remove("layer")).key().startsWith("memory"));
  }

  @Test
  void layersAndWidthHaveToBeTheModels() {
    USUAL.requireFits(2, 16);
    var layer = assertThrows(InvalidInputException.class, () -> USUAL.requireFits(1, 16));
    assertEquals("memory.layers", layer.key());
    assertTrue(layer.getMessage().contains("0 to 0"), layer.getMessage());
    var width = assertThrows(InvalidInputException.class, () -> USUAL.requireFits(2, 24));
    assertEquals("memory.layer.dim", width.key());
    assertThrows(InvalidInputException.class, () -> TinyModel.config().withMemory(width(24)));
  }

  private static MemoryPlacement width(int dim) {
    return TinyModel.beside(TinyModel.memory(dim), 0);
  }
}
