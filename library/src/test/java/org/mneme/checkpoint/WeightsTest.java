package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mneme.checkpoint.SafetensorsFileTest.assertMessage;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;

class WeightsTest {
  @TempDir Path folder;

  /// `a` and `b` of 10 bytes, `c` of 25, `d` of 5, each filled with its letter.
  private static Map<String, TensorContent> contents() {
    Map<String, TensorContent> contents = new LinkedHashMap<>();
    contents.put("a", filled('a', 10));
    contents.put("b", filled('b', 10));
    contents.put("c", filled('c', 25));
    contents.put("d", filled('d', 5));
    return contents;
  }

  private static TensorContent filled(char letter, int size) {
    byte[] bytes = String.valueOf(letter).repeat(size).getBytes(StandardCharsets.US_ASCII);
    return new TensorContent(
        Dtype.U8, List.of((long) size), sink -> sink.write(MemorySegment.ofArray(bytes)));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private void assertAllThere() {
    try (var weights = Weights.open(folder)) {
      assertEquals(Set.of("a", "b", "c", "d"), weights.names());
      for (String name : weights.names()) {
        for (byte b : weights.bytes(name).toArray(ValueLayout.JAVA_BYTE)) {
          assertEquals(name.charAt(0), b);
        }
      }
    }
  }

  private InvalidInputException refused() {
    return assertThrows(InvalidInputException.class, () -> Weights.open(folder).close());
  }

  @Test
  void smallWeightsAreOneFile() throws IOException {
    WeightsWriter.write(folder, contents(), 50);
    assertEquals(List.of("model.safetensors"), names());
    assertAllThere();
  }

  @Test
  void largeWeightsAreShardsBelowTheLimitWithAnIndex() throws IOException {
    WeightsWriter.write(folder, contents(), 20);
    assertEquals(
        List.of(
            "model-00001-of-00003.safetensors",
            "model-00002-of-00003.safetensors",
            "model-00003-of-00003.safetensors",
            "model.safetensors.index.json"),
        names());
    assertEquals(
        """
        {
          "metadata": {
            "total_size": 50
          },
          "weight_map": {
            "a": "model-00001-of-00003.safetensors",
            "b": "model-00001-of-00003.safetensors",
            "c": "model-00002-of-00003.safetensors",
            "d": "model-00003-of-00003.safetensors"
          }
        }
        """,
        Files.readString(folder.resolve("model.safetensors.index.json")));
    assertAllThere();
  }

  @Test
  void noWeightsAreAFileWithoutTensors() {
    WeightsWriter.write(folder, Map.of(), 20);
    try (var weights = Weights.open(folder)) {
      assertEquals(Set.of(), weights.names());
    }
  }

  @Test
  void aMissingShardIsNamed() throws IOException {
    WeightsWriter.write(folder, contents(), 20);
    Files.delete(folder.resolve("model-00002-of-00003.safetensors"));
    assertMessage(
        refused(),
        "model.safetensors.index.json",
        "\"c\" is in the shard model-00002-of-00003.safetensors, which does not exist",
        "copy or download the missing file");
  }

  @Test
  void aDamagedShardIsNamed() throws IOException {
    WeightsWriter.write(folder, contents(), 20);
    Path shard = folder.resolve("model-00003-of-00003.safetensors");
    Files.write(shard, new byte[3]);
    assertMessage(refused(), shard.toString(), "has 3 bytes");
  }

  @Test
  void aTensorMissingFromItsShardIsNamed() throws IOException {
    WeightsWriter.write(folder, contents(), 20);
    Files.copy(
        folder.resolve("model-00001-of-00003.safetensors"),
        folder.resolve("model-00002-of-00003.safetensors"),
        StandardCopyOption.REPLACE_EXISTING);
    assertMessage(
        refused(), "\"c\" is not in the shard model-00002-of-00003.safetensors", "different saves");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"weight_map\": []}",
        "{\"weight_map\": {\"a\": 1}}",
        "{\"weight_map\": {\"a\": \"../model.safetensors\"}}",
        "{\"weight_map\": {\"a\": \"x.bin\"}}",
        "{\"weight_map\": {\"a\": \"x.safetensors\", \"a\": \"x.safetensors\"}}",
        "{\"weight_map\": ",
        "[]",
        "",
        "\uD800"
      })
  void anIndexIsRefusedByName(String json) throws IOException {
    Path index = folder.resolve("model.safetensors.index.json");
    Files.write(
        index,
        json.equals("\uD800") ? new byte[] {(byte) 0xFF} : json.getBytes(StandardCharsets.UTF_8));
    assertMessage(refused(), index + ": ");
  }

  @Test
  void oneFileIsTakenBeforeShards() {
    WeightsWriter.write(folder, Map.of("stale", filled('s', 9)), 20);
    WeightsWriter.write(folder, contents(), 20);
    try (var weights = Weights.open(folder)) {
      assertEquals(Set.of("stale"), weights.names());
    }
  }

  @Test
  void aPytorchFileIsRefusedWithTheWayToConvertIt() throws IOException {
    Files.createFile(folder.resolve("pytorch_model.bin"));
    assertMessage(
        refused(),
        folder.toString(),
        "only pytorch_model.bin, which is not read",
        "save_pretrained(FOLDER, safe_serialization=True)");
  }

  @Test
  void aFolderWithoutWeightsSaysWhatItHolds() throws IOException {
    assertMessage(refused(), "holds neither model.safetensors nor model.safetensors.index.json; ");
    Files.createFile(folder.resolve("tf_model.h5"));
    assertMessage(refused(), ", only tf_model.h5; save the model in the safetensors format");
  }

  @Test
  void aMissingFolderIsNamed() {
    Path missing = folder.resolve("missing");
    var error = assertThrows(InvalidInputException.class, () -> Weights.open(missing));
    assertMessage(error, missing + ": does not exist", "give the folder of a model");
  }
}
