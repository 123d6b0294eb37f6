package org.mneme.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Writes the weights of a model folder: one file, or shards with an index where they are larger
/// than a limit.
public final class WeightsWriter {
  /// The largest file that is written unless the caller says otherwise: 5 GB, as Hugging Face's
  /// tools did for long.
  public static final long DEFAULT_MAX_FILE_BYTES = 5_000_000_000L;

  /// What other readers want to find in `__metadata__`.
  static final Map<String, String> METADATA = Map.of("format", "pt");

  private WeightsWriter() {}

  /// Writes `contents` into `folder`. Files of an earlier save stay: replace the whole folder, as
  /// [ModelFolder] does.
  ///
  /// @param maxFileBytes how many bytes of tensors a file may hold; a larger tensor gets a file of
  ///   its own
  public static void write(Path folder, Map<String, TensorContent> contents, long maxFileBytes) {
    List<Map<String, TensorContent>> shards = split(contents, maxFileBytes);
    if (shards.size() == 1) {
      SafetensorsWriter.writeContents(folder.resolve(Weights.SINGLE), shards.getFirst(), METADATA);
      return;
    }
    Map<String, String> places = new LinkedHashMap<>();
    for (int i = 0; i < shards.size(); i++) {
      String name = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
      SafetensorsWriter.writeContents(folder.resolve(name), shards.get(i), METADATA);
      shards.get(i).keySet().forEach(tensor -> places.put(tensor, name));
    }
    long total = contents.values().stream().mapToLong(TensorContent::bytes).sum();
    new ShardIndex(places).write(folder.resolve(ShardIndex.FILE_NAME), total);
  }

  /// Neighbours stay together: a shard is closed when the next tensor does not fit.
  private static List<Map<String, TensorContent>> split(
      Map<String, TensorContent> contents, long maxFileBytes) {
    List<Map<String, TensorContent>> shards = new ArrayList<>();
    shards.add(new LinkedHashMap<>());
    long used = 0;
    for (var entry : contents.entrySet()) {
      long bytes = entry.getValue().bytes();
      if (!shards.getLast().isEmpty() && used + bytes > maxFileBytes) {
        shards.add(new LinkedHashMap<>());
        used = 0;
      }
      shards.getLast().put(entry.getKey(), entry.getValue());
      used += bytes;
    }
    return shards;
  }
}
