package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.checkpoint.onnx.OnnxImporter;
import org.mneme.checkpoint.onnx.OnnxRuntimeEncoder;
import org.mneme.data.TokenBatch;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.text.EncodingOptions;
import org.mneme.text.Tokenizer;

/// Imported encoders against ONNX Runtime on the files they were imported from.
class OnnxRuntimeParityTest {
  private static final double LARGEST_DIFFERENCE = 1e-4;
  private static final int BATCH = 8;

  @ParameterizedTest
  @ValueSource(strings = {"all-minilm-l6-v2", "bge-small-en-v1.5"})
  void hiddenStatesAreThoseOfOnnxRuntime(String name, @TempDir Path folder)
      throws IOException, OrtException {
    Path source = folder.resolve("source");
    Files.createDirectories(source);
    Path onnx = resource(name + ".onnx", source.resolve("model.onnx"));
    Path json = resource(name + "-tokenizer.json", source.resolve("tokenizer.json"));
    Path model = folder.resolve("model");
    var unused = OnnxImporter.importModel(onnx, json, model, OnnxImporter.Options.defaults());
    double worst = 0;
    try (PretrainedModel loaded = PretrainedModel.load(model);
        Tokenizer tokenizer = Tokenizer.load(model);
        PreparedEncoder prepared = new PreparedEncoder(loaded.encoder(), Precision.FLOAT32);
        OnnxRuntimeEncoder oracle = OnnxRuntimeEncoder.ofResource(name + ".onnx")) {
      List<int[]> ids =
          tokenizer.encodeAll(sentences(), EncodingOptions.DEFAULT.withMaxLength(512)).stream()
              .map(encoding -> encoding.ids())
              .toList();
      assertTrue(ids.size() >= 64 && ids.stream().anyMatch(line -> line.length == 512));
      for (int from = 0; from < ids.size(); from += BATCH) {
        List<int[]> lines = ids.subList(from, Math.min(from + BATCH, ids.size()));
        worst = Math.max(worst, difference(prepared, oracle, lines));
      }
    }
    System.out.printf("%s: largest difference of the last hidden state %.2e%n", name, worst);
    assertTrue(worst <= LARGEST_DIFFERENCE, name + ": largest difference " + worst);
  }

  private static double difference(
      PreparedEncoder encoder, OnnxRuntimeEncoder oracle, List<int[]> lines) throws OrtException {
    TokenBatch batch = TokenBatch.of(lines, encoder.config().padId());
    float[] expected = oracle.encode(batch.inputIds(), batch.attentionMask(), batch.batch());
    float[] actual;
    try (var scope = new TensorScope()) {
      Tensor hidden = encoder.encode(MaskedInput.of(batch));
      actual = Tensors.floats(hidden);
    }
    int dim = encoder.config().dim();
    double worst = 0;
    for (int token = 0; token < batch.attentionMask().length; token++) {
      for (int i = 0; batch.attentionMask()[token] == 1 && i < dim; i++) {
        double difference = Math.abs(actual[token * dim + i] - expected[token * dim + i]);
        worst = Math.max(worst, difference);
      }
    }
    return worst;
  }

  /// Short and long, of many scripts, empty, and of 512 tokens; real sentences of the test's own
  /// text.
  private static List<String> sentences() throws IOException {
    List<String> sentences = new ArrayList<>();
    try (var in =
        Objects.requireNonNull(OnnxRuntimeParityTest.class.getResourceAsStream("/sentences.txt"))) {
      new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
          .lines()
          .forEach(sentences::add);
    }
    sentences.add("");
    sentences.add(String.join(" ", sentences).repeat(3));
    return sentences;
  }

  private static Path resource(String name, Path target) throws IOException {
    try (var in =
        Objects.requireNonNull(OnnxRuntimeParityTest.class.getResourceAsStream("/" + name), name)) {
      Files.copy(in, target);
    }
    return target;
  }
}
