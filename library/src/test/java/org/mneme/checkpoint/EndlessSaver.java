package org.mneme.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mneme.InvalidInputException;
import org.mneme.file.Temporaries;
import tools.jackson.databind.node.JsonNodeFactory;

/// A program that saves generation after generation, slowly, until it is killed. After each save it
/// prints the generation's number. A third argument lets it remove its temporaries at its end.
final class EndlessSaver {
  private static final int TENSORS = 4;
  private static final int BYTES = 40_000;
  private static final int PIECES = 4;

  private EndlessSaver() {}

  public static void main(String... arguments) {
    if (arguments.length > 2) {
      Temporaries.removeAtExit();
    }
    Path target = Path.of(arguments[1]);
    for (int generation = 1; ; generation++) {
      switch (arguments[0]) {
        case "file" -> saveFile(target, generation, true);
        case "folder" -> saveFolder(target, generation, true);
        default -> throw new IllegalArgumentException(arguments[0]);
      }
      System.out.println(generation);
    }
  }

  static void saveFile(Path target, int generation, boolean slowly) {
    SafetensorsWriter.writeContents(
        target, contents(generation, slowly), Map.of("generation", "" + generation));
  }

  static void saveFolder(Path target, int generation, boolean slowly) {
    var config = JsonNodeFactory.instance.objectNode().put("generation", generation);
    ModelFolder.write(target, config, contents(generation, slowly), null, 2 * BYTES);
  }

  /// Tensors that hold nothing but the generation.
  private static Map<String, TensorContent> contents(int generation, boolean slowly) {
    byte[] piece = new byte[BYTES / PIECES];
    Arrays.fill(piece, (byte) generation);
    Map<String, TensorContent> contents = new LinkedHashMap<>();
    for (int i = 0; i < TENSORS; i++) {
      contents.put(
          "tensor" + i,
          new TensorContent(
              Dtype.U8,
              List.of((long) BYTES),
              sink -> {
                for (int n = 0; n < PIECES; n++) {
                  sink.write(MemorySegment.ofArray(piece));
                  pause(slowly);
                }
              }));
    }
    return contents;
  }

  private static void pause(boolean slowly) throws IOException {
    try {
      Thread.sleep(slowly ? 3 : 0);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /// The generation that the whole file `path` holds.
  static int generation(Path path) {
    try (var file = SafetensorsFile.open(path)) {
      int generation = Integer.parseInt(String.valueOf(file.metadata().get("generation")));
      for (String name : file.entries().keySet()) {
        requireAll(file.bytes(name), generation);
      }
      requireCount(file.entries().size());
      return generation;
    }
  }

  /// The generation that the whole model folder `path` holds.
  static int generationOfFolder(Path path) {
    try (var model = ModelFolder.open(path)) {
      int generation = model.config().get("generation").intValue();
      for (String name : model.weights().names()) {
        requireAll(model.weights().bytes(name), generation);
      }
      requireCount(model.weights().names().size());
      return generation;
    }
  }

  private static void requireAll(MemorySegment bytes, int generation) {
    byte[] expected = new byte[BYTES];
    Arrays.fill(expected, (byte) generation);
    if (bytes.mismatch(MemorySegment.ofArray(expected)) != -1) {
      throw WeightsError.file("generation " + generation, "is mixed with another", "");
    }
  }

  private static void requireCount(int tensors) {
    if (tensors != TENSORS) {
      throw new InvalidInputException(
          InvalidInputException.Kind.WEIGHTS, "", tensors + " tensors, not " + TENSORS);
    }
  }
}
