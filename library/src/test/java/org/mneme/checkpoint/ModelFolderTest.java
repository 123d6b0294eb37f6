package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.checkpoint.SafetensorsFileTest.assertMessage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.GoldenFiles;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

class ModelFolderTest {
  @TempDir Path parent;

  private Path folder() {
    return parent.resolve("model");
  }

  private static ObjectNode config() {
    return JsonNodeFactory.instance.objectNode().put("model_type", "bert");
  }

  private static Parameters twoTensors() {
    Parameters parameters = new Parameters();
    try (var scope = new TensorScope()) {
      parameters.parameter("a.weight", Tensors.of(new float[] {1, 2, 3, 4}, 2, 2));
      parameters.buffer("norm.running_mean", Tensors.of(new float[] {5}, 1));
      parameters.tie("decoder.weight", "a.weight");
    }
    return parameters;
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aModelIsWrittenAndLoadedBack() throws IOException {
    try (var saved = twoTensors();
        var loaded = new Parameters();
        var scope = new TensorScope()) {
      ModelFolder.write(folder(), config(), saved, null);
      assertEquals(List.of("config.json", "model.safetensors"), names(folder()));
      loaded.parameter("a.weight", Tensors.zeros(torch.ScalarType.Float, 2, 2));
      loaded.buffer("norm.running_mean", Tensors.zeros(torch.ScalarType.Float, 1));
      try (var folder = ModelFolder.open(folder())) {
        assertEquals(config(), folder.config());
        assertEquals(Set.of("a.weight", "norm.running_mean"), folder.weights().names());
        LoadReport report = folder.load(loaded, "").requireComplete();
        assertEquals(List.of("a.weight", "norm.running_mean"), report.loaded());
      }
      assertArrayEquals(new float[] {1, 2, 3, 4}, Tensors.floats(loaded.get("a.weight")));
      assertArrayEquals(new float[] {5}, Tensors.floats(loaded.get("norm.running_mean")));
      assertTrue(loaded.get("a.weight").requires_grad());
    }
  }

  @Test
  void aFolderOfHuggingFaceIsRewrittenToTheByte() throws IOException {
    for (Path golden : GoldenFiles.filesOfKind("hf_masked_lm")) {
      Path original = golden.resolveSibling("model.safetensors");
      try (var parameters = new Parameters();
          var folder = ModelFolder.open(Path.of(String.valueOf(golden.getParent())))) {
        try (var scope = new TensorScope()) {
          for (var entry : folder.weights().names()) {
            parameters.parameter(
                entry,
                Tensors.zeros(torch.ScalarType.Float, folder.weights().entry(entry).sizes()));
          }
        }
        folder.load(parameters, "bert.").requireComplete();
        ModelFolder.write(folder(), folder.config(), parameters, null);
      }
      assertEquals(-1, Files.mismatch(original, folder().resolve("model.safetensors")));
    }
  }

  @Test
  void weightsAboveTheLimitAreShardedAndASmallerModelReplacesThem() throws IOException {
    try (var parameters = twoTensors()) {
      Map<String, TensorContent> contents = new LinkedHashMap<>();
      parameters.all().forEach((name, tensor) -> contents.put(name, TensorContent.of(tensor)));
      ModelFolder.write(folder(), config(), contents, null, 16);
      assertEquals(
          List.of(
              "config.json",
              "model-00001-of-00002.safetensors",
              "model-00002-of-00002.safetensors",
              "model.safetensors.index.json"),
          names(folder()));
      try (var folder = ModelFolder.open(folder())) {
        folder.load(parameters, "").requireComplete();
      }
      ModelFolder.write(folder(), config(), parameters, null);
      assertEquals(List.of("config.json", "model.safetensors"), names(folder()));
    }
  }

  @Test
  void theTokenizerIsCopiedAndTheModelCardKept() throws IOException {
    Path tokenizer = Files.createDirectory(parent.resolve("tokenizer"));
    Files.writeString(tokenizer.resolve("tokenizer.json"), "new");
    Files.writeString(tokenizer.resolve("vocab.txt"), "new");
    Files.writeString(tokenizer.resolve("README.md"), "of the tokenizer");
    Files.createDirectory(folder());
    Files.writeString(folder().resolve("README.md"), "card");
    Files.writeString(folder().resolve("tokenizer.json"), "old");
    Files.writeString(folder().resolve("tokenizer_config.json"), "old");
    try (var parameters = twoTensors()) {
      ModelFolder.write(folder(), config(), parameters, tokenizer);
      assertEquals(
          List.of("README.md", "config.json", "model.safetensors", "tokenizer.json", "vocab.txt"),
          names(folder()));
      assertEquals("card", Files.readString(folder().resolve("README.md")));
      assertEquals("new", Files.readString(folder().resolve("tokenizer.json")));
      ModelFolder.write(folder(), config(), parameters, null);
      assertEquals("new", Files.readString(folder().resolve("vocab.txt")));
      ModelFolder.write(folder(), config(), parameters, folder());
      assertEquals("new", Files.readString(folder().resolve("vocab.txt")));
    }
  }

  @Test
  void aTokenizerFolderThatDoesNotExistIsAnErrorBeforeAnythingIsWritten() throws IOException {
    try (var parameters = twoTensors()) {
      Path missing = parent.resolve("missing");
      var error =
          assertThrows(
              InvalidInputException.class,
              () -> ModelFolder.write(folder(), config(), parameters, missing));
      assertTrue(error.toString().contains(missing.toString()), error.toString());
      assertEquals(List.of(), names(parent));
    }
  }

  @Test
  void aFolderWithFoldersIsNeverReplaced() throws IOException {
    Files.createDirectories(folder().resolve(".git"));
    try (var parameters = twoTensors()) {
      var error =
          assertThrows(
              InvalidInputException.class,
              () -> ModelFolder.write(folder(), config(), parameters, null));
      assertMessage(error, folder().toString(), "holds the folder .git", "a folder of its own");
      assertEquals(List.of(".git"), names(folder()));
    }
  }

  @Test
  void aFileInPlaceOfTheFolderIsNeverReplaced() throws IOException {
    Files.writeString(folder(), "a file");
    try (var parameters = twoTensors()) {
      var error =
          assertThrows(
              InvalidInputException.class,
              () -> ModelFolder.write(folder(), config(), parameters, null));
      assertMessage(error, folder().toString(), "save to a folder of its own");
      assertEquals("a file", Files.readString(folder()));
    }
  }

  @Test
  void aLinkToTheFolderStaysALink() throws IOException {
    Path real = Files.createDirectory(parent.resolve("real"));
    Files.createSymbolicLink(folder(), real);
    try (var parameters = twoTensors()) {
      ModelFolder.write(folder(), config(), parameters, null);
    }
    assertTrue(Files.isSymbolicLink(folder()));
    assertEquals(List.of("config.json", "model.safetensors"), names(real));
  }

  @Test
  void aSaveKilledBetweenItsRenamesIsPutRightOnOpening() throws IOException {
    try (var parameters = twoTensors()) {
      ModelFolder.write(folder(), config(), parameters, null);
      Files.move(folder(), parent.resolve(".model.mneme-old"));
      try (var folder = ModelFolder.open(folder())) {
        folder.load(parameters, "").requireComplete();
      }
      assertEquals(List.of("model"), names(parent));
    }
  }

  @Test
  void whatIsNoModelFolderIsRefused() throws IOException {
    var missing = assertThrows(InvalidInputException.class, () -> ModelFolder.open(folder()));
    assertMessage(missing, folder() + ": does not exist", "give the folder of a model");
    Files.createDirectory(folder());
    var empty = assertThrows(InvalidInputException.class, () -> ModelFolder.open(folder()));
    assertMessage(empty, folder() + ": holds no config.json");
    Files.writeString(folder().resolve("config.json"), "{");
    var broken = assertThrows(InvalidInputException.class, () -> ModelFolder.open(folder()));
    assertEquals(InvalidInputException.Kind.CONFIG, broken.kind());
    assertTrue(broken.toString().contains("config.json: is not JSON"), broken.toString());
    Files.writeString(folder().resolve("config.json"), "{}");
    var hollow = assertThrows(InvalidInputException.class, () -> ModelFolder.open(folder()));
    assertMessage(hollow, folder() + ": holds neither model.safetensors");
    Path file = folder().resolve("config.json");
    var notFolder = assertThrows(InvalidInputException.class, () -> ModelFolder.open(file));
    assertMessage(notFolder, file + ": is not a folder");
  }

  @Test
  void savingAndLoadingLeavesNothingBehind() {
    try (var parameters = twoTensors()) {
      saveAndLoad(parameters);
      long before = Pointer.totalCount();
      for (int i = 0; i < 10; i++) {
        saveAndLoad(parameters);
      }
      assertEquals(before, Pointer.totalCount());
    }
  }

  private void saveAndLoad(Parameters parameters) {
    ModelFolder.write(folder(), config(), parameters, null);
    try (var folder = ModelFolder.open(folder())) {
      folder.load(parameters, "").requireComplete();
    }
    Tensor weight = parameters.get("a.weight");
    assertTrue(weight.requires_grad());
  }
}
