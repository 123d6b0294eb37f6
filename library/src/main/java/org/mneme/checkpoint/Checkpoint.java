package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.mneme.tensor.TensorScope;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A run in the middle, on disk: a plain model folder with the other parts of its state
/// (`trainer.safetensors`, ...) and `checkpoint.json` beside the weights.
///
/// Whoever has one has seen every file of it whole: reading checks length and CRC-32C.
public final class Checkpoint {
  /// The part that holds the optimisers' moments and the counters.
  public static final String TRAINER = "trainer";

  private final Path folder;
  private final CheckpointJson json;

  private Checkpoint(Path folder, CheckpointJson json) {
    this.folder = folder;
    this.json = json;
  }

  /// What is to be saved.
  ///
  /// @param model fills an empty folder with the model, as [PretrainedModel#writeInto] does
  /// @param parts the state beside the weights by name (lower-case letters, digits and hyphens)
  public record Content(
      CheckpointFacts facts, AtomicFolder.Body model, Map<String, StatePart> parts) {
    public Content {
      for (String name : parts.keySet()) {
        if (!name.matches("[a-z][a-z0-9-]*") || name.startsWith("model")) {
          throw new IllegalArgumentException("a part of a checkpoint cannot be called " + name);
        }
      }
      parts = new TreeMap<>(parts);
    }
  }

  /// Writes `content` as `folder`, atomically; an older checkpoint of that name is replaced.
  ///
  /// @throws org.mneme.InvalidInputException of kind ENVIRONMENT where the disk is full or the
  ///   place cannot be written; what was there is still there
  public static void write(Path folder, Content content) {
    AtomicFolder.write(
        folder,
        temporary -> {
          content.model().write(temporary);
          Map<String, ObjectNode> state = new LinkedHashMap<>();
          for (var part : content.parts().entrySet()) {
            writePart(temporary, part.getKey(), part.getValue());
            if (!part.getValue().json().isEmpty()) {
              state.put(part.getKey(), part.getValue().json());
            }
          }
          new CheckpointJson(content.facts(), state, stamps(temporary)).write(temporary);
        });
  }

  private static void writePart(Path folder, String name, StatePart part) {
    if (!part.tensors().isEmpty()) {
      try (var scope = new TensorScope()) {
        SafetensorsWriter.write(
            folder.resolve(file(name)), part.tensors(), Map.of("format", "mneme 1"));
      }
    }
  }

  private static String file(String part) {
    return part + ".safetensors";
  }

  private static Map<String, FileStamp> stamps(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> tree = Files.walk(folder)) {
      files = tree.filter(Files::isRegularFile).toList();
    }
    Map<String, FileStamp> stamps = new TreeMap<>();
    for (Path file : files) {
      stamps.put(folder.relativize(file).toString().replace('\\', '/'), FileStamp.of(file));
    }
    return stamps;
  }

  /// Reads the checkpoint `folder` and checks all of its files; no tensor is made.
  ///
  /// @throws org.mneme.InvalidInputException of kind WEIGHTS that names the file that is missing or
  ///   damaged
  public static Checkpoint open(Path folder) {
    AtomicFolder.recover(folder);
    CheckpointJson json = CheckpointJson.read(folder);
    json.files().forEach((name, stamp) -> stamp.requireSame(folder.resolve(name)));
    return new Checkpoint(folder, json);
  }

  /// Whether `folder` calls itself a checkpoint, damaged or not.
  public static boolean isOne(Path folder) {
    return Files.isRegularFile(folder.resolve(CheckpointJson.FILE));
  }

  /// The folder, which is a model folder too.
  public Path folder() {
    return folder;
  }

  /// What it says about itself.
  public CheckpointFacts facts() {
    return json.facts();
  }

  /// Bytes of all its files but `checkpoint.json`.
  public long bytes() {
    return json.files().values().stream().mapToLong(FileStamp::bytes).sum();
  }

  /// The tensors of a part, in the open scope; none where the part has none.
  public Map<String, Tensor> tensors(String part) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    if (json.files().containsKey(file(part))) {
      try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(file(part)))) {
        file.entries().keySet().forEach(name -> tensors.put(name, file.tensor(name)));
      }
    }
    return tensors;
  }

  /// The JSON of a part; empty where it has none.
  public ObjectNode json(String part) {
    ObjectNode found = json.state().get(part);
    return found == null ? JsonMapper.shared().createObjectNode() : found.deepCopy();
  }
}
