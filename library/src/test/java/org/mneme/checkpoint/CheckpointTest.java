package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class CheckpointTest {
  private static final int MUTATIONS = 300;

  @TempDir Path temp;

  private Path write(long step) {
    Path folder = temp.resolve("checkpoint");
    Checkpoint.write(folder, PlainCheckpoints.at(step));
    return folder;
  }

  @Test
  void whatWasWrittenIsRead() {
    Path folder = temp.resolve("checkpoint");
    ObjectNode json = JsonMapper.shared().createObjectNode().put("epoch", 3).put("index", 41);
    try (var scope = new TensorScope()) {
      var memories = Map.of("layer.0", Tensors.of(new double[] {1, 0.1, -0.0}, 3));
      var generator = Map.of("words", Tensors.of(new long[] {Long.MIN_VALUE, 5}, 2));
      Checkpoint.write(
          folder,
          new Checkpoint.Content(
              new CheckpointFacts(12, -9, "abc", Map.of("loss", 0.1)),
              empty -> PlainCheckpoints.writeModel(empty, 12, 5000),
              Map.of(
                  "memories", StatePart.of(memories),
                  "generators", new StatePart(generator, json),
                  "data", StatePart.of(json))));
    }
    Checkpoint read = Checkpoint.open(folder);
    assertEquals(new CheckpointFacts(12, -9, "abc", Map.of("loss", 0.1)), read.facts());
    assertEquals(json, read.json("data"));
    assertEquals(json, read.json("generators"));
    assertTrue(read.json("memories").isEmpty());
    try (var scope = new TensorScope()) {
      assertArrayEquals(
          new double[] {1, 0.1, -0.0}, Tensors.doubles(read.tensors("memories").get("layer.0")));
      assertArrayEquals(
          new long[] {Long.MIN_VALUE, 5}, Tensors.longs(read.tensors("generators").get("words")));
      assertTrue(read.tensors("data").isEmpty());
    }
  }

  @Test
  void anOlderCheckpointOfTheSameNameIsReplacedWhole() {
    write(1);
    Path folder = write(2);
    assertEquals(2, Checkpoint.open(folder).facts().step());
    assertEquals(20, Checkpoint.open(folder).json("data").path("cursor").asInt());
  }

  @Test
  void aWriteThatFailsLeavesTheOldCheckpoint() throws IOException {
    Path folder = write(1);
    var broken =
        new Checkpoint.Content(
            new CheckpointFacts(1, 0, "", Map.of()),
            empty -> {
              PlainCheckpoints.writeModel(empty, 9, 5000);
              throw new IOException("No space left on device");
            },
            Map.of());
    var problem = assertThrows(InvalidInputException.class, () -> Checkpoint.write(folder, broken));
    assertEquals(InvalidInputException.Kind.ENVIRONMENT, problem.kind());
    assertEquals(10, Checkpoint.open(folder).json("data").path("cursor").asInt());
    try (Stream<Path> paths = Files.list(temp)) {
      assertEquals(List.of(folder), paths.toList());
    }
  }

  @Test
  void anyDamagedByteIsFoundAndItsFileNamed() throws IOException {
    Path folder = write(3);
    SplittableRandom random = new SplittableRandom(1);
    for (String name : List.of("weights.bin", "checkpoint.json")) {
      Path file = folder.resolve(name);
      byte[] whole = Files.readAllBytes(file);
      for (int i = 0; i < MUTATIONS; i++) {
        byte[] damaged = whole.clone();
        damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, damaged);
        var problem = assertThrows(InvalidInputException.class, () -> Checkpoint.open(folder));
        assertEquals(InvalidInputException.Kind.WEIGHTS, problem.kind());
        assertTrue(problem.getMessage().startsWith(file.toString()), problem.getMessage());
      }
      Files.write(file, whole);
    }
    assertEquals(3, Checkpoint.open(folder).facts().step());
  }

  @Test
  void metricsOfAnyShapeAreKept() {
    Path folder = temp.resolve("checkpoint");
    Map<String, Double> metrics =
        Map.of(
            "tiny",
            1.0E-7,
            "small",
            0.00001,
            "huge",
            1e300,
            "minus",
            -2.5,
            "third",
            1.0 / 3,
            "not",
            Double.NaN,
            "without end",
            Double.POSITIVE_INFINITY,
            "whole",
            2.0);
    var facts = new CheckpointFacts(Long.MAX_VALUE, Long.MIN_VALUE, "ü", metrics);
    Checkpoint.write(folder, new Checkpoint.Content(facts, empty -> {}, Map.of()));
    assertEquals(facts, Checkpoint.open(folder).facts());
  }

  @Test
  void missingAndCutFilesAreFound() throws IOException {
    Path folder = write(3);
    Path file = PlainCheckpoints.model(folder);
    Files.write(file, new byte[10]);
    String cut =
        assertThrows(InvalidInputException.class, () -> Checkpoint.open(folder)).getMessage();
    assertTrue(cut.contains(file + ": has 10 bytes, not 10000; take another checkpoint"), cut);
    Files.delete(file);
    String missing =
        assertThrows(InvalidInputException.class, () -> Checkpoint.open(folder)).getMessage();
    assertTrue(missing.contains(file + ": is missing"), missing);
  }

  @Test
  void aFolderThatIsNoCheckpointIsAnError() {
    assertFalse(Checkpoint.isOne(temp));
    var problem = assertThrows(InvalidInputException.class, () -> Checkpoint.open(temp));
    assertTrue(problem.getMessage().contains("holds no checkpoint.json"), problem.getMessage());
  }

  @Test
  void aLaterFormatIsRefusedByName() throws IOException {
    Path file = write(3).resolve("checkpoint.json");
    Files.writeString(
        file, Files.readString(file).replace("\"formatVersion\": 1", "\"formatVersion\": 2"));
    var problem =
        assertThrows(
            InvalidInputException.class, () -> Checkpoint.open(temp.resolve("checkpoint")));
    assertTrue(
        problem.getMessage().contains("has formatVersion 2, this Mneme reads 1"),
        problem.getMessage());
  }

  @Test
  void aPartMayNotTakeTheNameOfTheModel() {
    for (String name : List.of("model", "model-00001-of-00002", "../x", "A", "")) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              new Checkpoint.Content(
                  new CheckpointFacts(1, 0, "", Map.of()),
                  empty -> {},
                  Map.of(name, StatePart.of(Map.of()))),
          name);
    }
  }
}
