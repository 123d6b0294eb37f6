package org.mneme.checkpoint;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.mneme.InvalidInputException;
import org.mneme.checkpoint.SafetensorsFile.Entry;

/// The weights of a folder, in one file or in shards: every tensor under one roof.
///
/// `model.safetensors` is taken where it exists, else the shards that
/// `model.safetensors.index.json` names. Owns the mapped files until it is closed; any thread may
/// read it.
public final class Weights implements AutoCloseable {
  static final String SINGLE = "model.safetensors";

  private final List<SafetensorsFile> files = new ArrayList<>();
  private final Map<String, SafetensorsFile> places = new LinkedHashMap<>();

  private Weights() {}

  /// Opens the weights in `folder`.
  public static Weights open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw WeightsError.file(
          folder,
          Files.exists(folder) ? "is not a folder" : "does not exist",
          "give the folder of a model: config.json and model.safetensors");
    }
    Weights weights = new Weights();
    try {
      if (Files.exists(folder.resolve(SINGLE))) {
        weights.add(SafetensorsFile.open(folder.resolve(SINGLE)));
      } else if (Files.exists(folder.resolve(ShardIndex.FILE_NAME))) {
        weights.addShards(folder);
      } else {
        throw without(folder);
      }
      return weights;
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  /// Opens the one file `path`.
  static Weights ofFile(Path path) {
    Weights weights = new Weights();
    var unused = weights.add(SafetensorsFile.open(path));
    return weights;
  }

  private SafetensorsFile add(SafetensorsFile file) {
    files.add(file);
    file.entries().keySet().forEach(name -> places.putIfAbsent(name, file));
    return file;
  }

  private void addShards(Path folder) {
    Path indexFile = folder.resolve(ShardIndex.FILE_NAME);
    ShardIndex index = ShardIndex.read(indexFile);
    Map<String, SafetensorsFile> shards = new LinkedHashMap<>();
    index
        .shards()
        .forEach((name, fileName) -> {
          Path path = folder.resolve(fileName);
          if (!Files.exists(path)) {
            throw WeightsError.tensor(
                indexFile,
                name,
                "is in the shard " + fileName + ", which does not exist",
                "copy or download the missing file");
          }
          SafetensorsFile shard =
              shards.computeIfAbsent(fileName, missing -> add(SafetensorsFile.open(path)));
          if (!shard.entries().containsKey(name)) {
            throw WeightsError.tensor(
                indexFile,
                name,
                "is not in the shard " + fileName,
                "index and shards are of different saves: copy or download all of them again");
          }
          places.put(name, shard);
        });
  }

  /// The error for a folder without safetensors, which says what is there instead.
  private static InvalidInputException without(Path folder) {
    List<String> others = new ArrayList<>();
    DirectoryStream.Filter<Path> weights =
        path ->
            path.getFileName().toString().matches(".*\\.(bin|pt|pth|ckpt|h5|msgpack|onnx|gguf)");
    try (var paths = Files.newDirectoryStream(folder, weights)) {
      paths.forEach(path -> others.add(path.getFileName().toString()));
    } catch (IOException e) {
      return WeightsError.file(folder, "cannot be listed (" + e + ")", "check its permissions", e);
    }
    Collections.sort(others);
    if (others.stream().anyMatch(name -> name.matches("pytorch_model.*\\.bin"))) {
      return WeightsError.file(
          folder,
          "holds no " + SINGLE + ", only " + String.join(", ", others) + ", which is not read",
          "convert it once in Python, with the class that config.json names under architectures: "
              + "`from transformers import BertForMaskedLM as M; "
              + "M.from_pretrained(FOLDER).save_pretrained(FOLDER, safe_serialization=True)`");
    }
    return WeightsError.file(
        folder,
        "holds neither "
            + SINGLE
            + " nor "
            + ShardIndex.FILE_NAME
            + (others.isEmpty() ? "" : ", only " + String.join(", ", others)),
        "save the model in the safetensors format");
  }

  /// The names of all tensors.
  public Set<String> names() {
    return Collections.unmodifiableSet(places.keySet());
  }

  /// The description of the tensor `name`.
  public Entry entry(String name) {
    return file(name).entry(name);
  }

  /// The bytes of the tensor `name`, as [SafetensorsFile#bytes] gives them.
  public MemorySegment bytes(String name) {
    return file(name).bytes(name);
  }

  /// A copy of the tensor `name` on the CPU; it belongs to the open scope.
  public Tensor tensor(String name) {
    return file(name).tensor(name);
  }

  /// The tensor `name` as rows that stay in their file; to be closed.
  FileRows rows(String name) {
    return file(name).rows(name);
  }

  private SafetensorsFile file(String name) {
    SafetensorsFile file = places.get(name);
    if (file == null) {
      throw new IllegalArgumentException("no tensor is called " + name);
    }
    return file;
  }

  @Override
  public void close() {
    files.forEach(SafetensorsFile::close);
    files.clear();
    places.clear();
  }
}
