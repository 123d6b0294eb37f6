package org.mneme.checkpoint.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;
import org.mneme.checkpoint.JsonFiles;
import org.mneme.checkpoint.ModelFolder;
import org.mneme.checkpoint.SafetensorsFile;
import org.mneme.checkpoint.onnx.OnnxImporter.Options;
import org.mneme.checkpoint.onnx.OnnxImporter.PoolingOrigin;
import org.mneme.checkpoint.onnx.OnnxImporter.Report;
import org.mneme.model.Pooling;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class OnnxImporterTest {
  @TempDir Path temporary;

  private static final String TOKENIZER =
      """
      {"version": "1.0", "truncation": null, "padding": null,
       "added_tokens": [
         {"id": 3, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false,
          "normalized": false, "special": true}],
       "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                      "strip_accents": null, "lowercase": false},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                    {"Sequence": {"id": "A", "type_id": 0}},
                    {"SpecialToken": {"id": "[SEP]", "type_id": 0}}]},
       "model": {"type": "WordPiece", "unk_token": "[UNK]",
         "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[PAD]": 3, "[MASK]": 4, "cat": 5}}}
      """;

  private Path tokenizer() throws IOException {
    return Files.writeString(temporary.resolve("tok.json"), TOKENIZER);
  }

  private static JsonNode json(Path file) {
    return JsonFiles.readObject(file, Kind.DATA);
  }

  @Test
  void theFolderIsWholeAndReadsBack() throws IOException {
    Path target = temporary.resolve("out/model");
    Report report =
        OnnxImporter.importModel(
            Exports.file("torchscript/model.onnx"), tokenizer(), target, Options.defaults());
    try (Stream<Path> files = Files.walk(target)) {
      assertEquals(
          List.of(
              "1_Pooling/config.json",
              "config.json",
              "model.safetensors",
              "modules.json",
              "sentence_bert_config.json",
              "tokenizer.json",
              "tokenizer_config.json"),
          files
              .filter(Files::isRegularFile)
              .map(file -> target.relativize(file).toString().replace('\\', '/'))
              .sorted()
              .toList());
    }
    assertEquals(TOKENIZER, Files.readString(target.resolve("tokenizer.json")));
    assertEquals(report.config().toString(), ModelFolder.readConfig(target).toString());
    assertEquals("BertModel", report.config().path("architectures").path(0).asString());
    assertEquals("bert", report.config().path("model_type").asString());
    assertEquals(3, report.config().path("pad_token_id").asInt());
    try (ModelFolder folder = ModelFolder.open(target);
        var expected = SafetensorsFile.open(Exports.file("torchscript/case.safetensors"));
        var written = SafetensorsFile.open(target.resolve("model.safetensors"))) {
      int params = 0;
      for (String name : expected.entries().keySet()) {
        if (name.startsWith("param.")) {
          params++;
          String weight = name.substring(6);
          assertEquals(expected.entry(name).shape(), folder.weights().entry(weight).shape());
          assertArrayEquals(Exports.floats(expected, name), Exports.floats(written, weight));
        }
      }
      assertEquals(params, folder.weights().names().size());
    }
  }

  @Test
  void theTokenizersPartsAreNamed() throws IOException {
    Path target = temporary.resolve("model");
    OnnxImporter.importModel(
        Exports.file("dynamo/model.onnx"), tokenizer(), target, Options.defaults());
    JsonNode config = json(target.resolve("tokenizer_config.json"));
    assertEquals("[CLS]", config.path("cls_token").asString());
    assertEquals("[SEP]", config.path("sep_token").asString());
    assertEquals("[PAD]", config.path("pad_token").asString());
    assertEquals("[UNK]", config.path("unk_token").asString());
    assertEquals("[MASK]", config.path("mask_token").asString());
    assertEquals("BertTokenizer", config.path("tokenizer_class").asString());
    assertEquals(29, config.path("model_max_length").asInt());
    assertFalse(config.path("do_lower_case").asBoolean());
    assertTrue(config.path("strip_accents").isNull());
    assertEquals("[PAD]", config.path("added_tokens_decoder").path("3").path("content").asString());
  }

  @ParameterizedTest
  @CsvSource({"MEAN, false, true", "CLS, true, false"})
  void poolingIsWrittenAsAsked(Pooling pooling, boolean cls, boolean mean) throws IOException {
    Path target = temporary.resolve("model");
    Report report =
        OnnxImporter.importModel(
            Exports.file("torchscript/model.onnx"),
            tokenizer(),
            target,
            Options.defaults().withPooling(pooling));
    assertEquals(PoolingOrigin.OPTION, report.poolingOrigin());
    JsonNode settings = json(target.resolve("1_Pooling/config.json"));
    assertEquals(24, settings.path("word_embedding_dimension").asInt());
    assertEquals(cls, settings.path("pooling_mode_cls_token").asBoolean());
    assertEquals(mean, settings.path("pooling_mode_mean_tokens").asBoolean());
    assertEquals(
        17, json(target.resolve("sentence_bert_config.json")).path("max_seq_length").asInt());
    JsonNode modules =
        JsonMapper.shared().readTree(Files.readString(target.resolve("modules.json")));
    assertEquals(3, modules.size());
    assertEquals("sentence_transformers.models.Normalize", modules.path(2).path("type").asString());
  }

  @Test
  void withoutAWordFromOptionsOrGraphThePoolingIsTheMean() throws IOException {
    Report report =
        OnnxImporter.importModel(
            Exports.file("torchscript/model.onnx"),
            tokenizer(),
            temporary.resolve("model"),
            Options.defaults());
    assertEquals(Pooling.MEAN, report.pooling());
    assertEquals(PoolingOrigin.DEFAULT, report.poolingOrigin());
    assertTrue(report.normalises());
  }

  @Test
  void jarsWithOneModelAreImported() throws IOException {
    Path target = temporary.resolve("bge");
    Path jar = Exports.jarOf("bge-small-en-v1.5.onnx");
    Report report =
        OnnxImporter.importJar(jar, target, Options.defaults().withPooling(Pooling.CLS));
    assertEquals(33212160, report.parameters());
    assertEquals(12, report.config().path("num_hidden_layers").asInt());
    assertEquals(0, report.config().path("pad_token_id").asInt());
    try (var weights = SafetensorsFile.open(target.resolve("model.safetensors"))) {
      assertEquals(
          List.of(1536L, 384L),
          weights.entry("encoder.layer.11.intermediate.dense.weight").shape());
      assertEquals(197, weights.entries().size());
    }
    assertTrue(Files.size(target.resolve("tokenizer.json")) > 100_000);
  }

  @Test
  void jarsWithoutAModelAreRefused() {
    Path jar =
        Path.of(JsonMapper.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    var failure =
        assertThrows(
            InvalidInputException.class,
            () -> OnnxImporter.importJar(jar, temporary.resolve("m"), Options.defaults()));
    assertEquals(Kind.WEIGHTS, failure.kind());
    assertTrue(message(failure).contains(".onnx"), message(failure));
    assertThrows(
        InvalidInputException.class,
        () -> OnnxImporter.importJar(tokenizer(), temporary.resolve("m"), Options.defaults()));
  }

  @Test
  void aFolderInUseIsLeftAlone() throws IOException {
    Path target = Files.createDirectory(temporary.resolve("model"));
    Path model = Exports.file("torchscript/model.onnx");
    OnnxImporter.importModel(model, tokenizer(), target, Options.defaults());
    var failure =
        assertThrows(
            InvalidInputException.class,
            () -> OnnxImporter.importModel(model, tokenizer(), target, Options.defaults()));
    assertEquals(Kind.CONFIG, failure.kind());
    var over = new Options(Options.defaults().pooling(), false, true);
    assertFalse(OnnxImporter.importModel(model, tokenizer(), target, over).normalises());
  }

  @Test
  void aFailedImportLeavesNothingBehind() throws IOException {
    ObjectNode large = (ObjectNode) JsonMapper.shared().readTree(TOKENIZER);
    ((ObjectNode) large.path("model").path("vocab")).put("dog", 53);
    Path tokenizer = Files.writeString(temporary.resolve("large.json"), large.toString());
    Path target = temporary.resolve("model");
    var failure =
        assertThrows(
            InvalidInputException.class,
            () ->
                OnnxImporter.importModel(
                    Exports.file("torchscript/model.onnx"), tokenizer, target, Options.defaults()));
    assertEquals(Kind.DATA, failure.kind());
    assertTrue(message(failure).contains("53"), message(failure));
    Path damaged = Files.write(temporary.resolve("x.onnx"), new byte[] {1, 2, 3});
    assertThrows(
        InvalidInputException.class,
        () -> OnnxImporter.importModel(damaged, tokenizer(), target, Options.defaults()));
    assertFalse(Files.exists(target));
  }

  private static String message(Throwable failure) {
    return String.valueOf(failure.getMessage());
  }
}
