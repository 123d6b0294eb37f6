package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mneme.checkpoint.SafetensorsFileTest.assertMessage;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

class WeightLoaderTest {
  @TempDir Path folder;

  private final Parameters model = new Parameters();
  private final Map<String, Tensor> file = new LinkedHashMap<>();
  private TensorScope scope = new TensorScope();

  @BeforeEach
  void open() {
    scope.close();
    scope = new TensorScope();
  }

  @AfterEach
  void close() {
    model.close();
    scope.close();
  }

  private void inModel(String name) {
    model.parameter(name, Tensors.zeros(torch.ScalarType.Float, 2));
  }

  private void inFile(String name, float... values) {
    file.put(name, Tensors.of(values, values.length));
  }

  private LoadReport load() {
    SafetensorsWriter.write(folder.resolve("model.safetensors"), file, Map.of());
    try (var weights = Weights.open(folder)) {
      return new WeightLoader("the folder", weights, model, new OtherRows())
          .load("bert.", name -> true);
    }
  }

  private void assertLoaded(String name, float... expected) {
    assertArrayEquals(expected, Tensors.floats(model.get(name)), name);
  }

  @Test
  void aFileOfTheBareEncoderFitsAModelWithAHead() {
    inModel("bert.encoder.weight");
    inModel("classifier.weight");
    inFile("encoder.weight", 1, 2);
    inFile("pooler.weight", 3, 4);
    LoadReport report = load();
    assertLoaded("bert.encoder.weight", 1, 2);
    assertEquals(List.of("bert.encoder.weight"), report.loaded());
    assertEquals(List.of("classifier.weight"), report.missing());
    assertEquals(List.of("pooler.weight"), report.unexpected());
  }

  @Test
  void aFileWithAHeadFitsTheBareEncoder() {
    inModel("encoder.weight");
    inFile("bert.encoder.weight", 1, 2);
    inFile("cls.predictions.bias", 3, 4);
    LoadReport report = load().requireComplete();
    assertLoaded("encoder.weight", 1, 2);
    assertEquals(List.of("cls.predictions.bias"), report.unexpected());
  }

  @Test
  void theModelsOwnNameComesBeforeOneThatOnlyBecomesIt() {
    inModel("bert.encoder.weight");
    inFile("encoder.weight", 3, 4);
    inFile("bert.encoder.weight", 1, 2);
    LoadReport report = load().requireComplete();
    assertLoaded("bert.encoder.weight", 1, 2);
    assertEquals(List.of("encoder.weight"), report.unexpected());
  }

  @Test
  void oldNamesOfLayerNormsAreUnderstoodAlsoWithoutPrefix() {
    inModel("bert.embeddings.LayerNorm.weight");
    inModel("bert.embeddings.LayerNorm.bias");
    inFile("bert.embeddings.LayerNorm.gamma", 1, 2);
    inFile("embeddings.LayerNorm.beta", 3, 4);
    load().requireComplete();
    assertLoaded("bert.embeddings.LayerNorm.weight", 1, 2);
    assertLoaded("bert.embeddings.LayerNorm.bias", 3, 4);
  }

  @Test
  void constantsOfOldModelsArePassedOverInSilence() {
    inModel("bert.a");
    inFile("bert.a", 1, 2);
    inFile("bert.embeddings.position_ids", 0, 1);
    inFile("embeddings.position_ids", 0, 1);
    assertEquals(List.of(), load().unexpected());
  }

  @Test
  void floatingTypesAreConverted() {
    model.parameter("half", Tensors.zeros(torch.ScalarType.BFloat16, 2));
    for (String name : List.of("bf16", "f16", "f64")) {
      inModel(name);
    }
    Tensor values = Tensors.of(new float[] {1.5f, -2}, 2);
    file.put("half", values);
    file.put("bf16", values.to(torch.ScalarType.BFloat16));
    file.put("f16", values.to(torch.ScalarType.Half));
    file.put("f64", values.to(torch.ScalarType.Double));
    load().requireComplete();
    for (String name : file.keySet()) {
      assertLoaded(name, 1.5f, -2);
    }
    assertEquals(torch.ScalarType.Float, model.get("bf16").scalar_type().intern());
    assertEquals(torch.ScalarType.BFloat16, model.get("half").scalar_type().intern());
  }

  @Test
  void quantisedWeightsAreRefused() {
    inModel("a");
    file.put("a", Tensors.zeros(torch.ScalarType.Char, 2));
    var error = assertThrows(InvalidInputException.class, this::load);
    assertMessage(error, "the folder: tensor \"a\" has dtype I8", "take the F32, F16 or BF16 file");
  }

  @Test
  void misshapenWeightsAreListedLeftAloneAndNeverAccepted() {
    inModel("a");
    inModel("b");
    inFile("a", 1, 2, 3);
    inFile("b", 1, 2);
    LoadReport report = load();
    assertEquals(
        List.of(new LoadReport.Misshapen("a", List.of(3L), List.of(2L))), report.misshapen());
    assertEquals(List.of("b"), report.loaded());
    assertEquals(List.of(), report.missing());
    assertLoaded("a", 0, 0);
    var error =
        assertThrows(InvalidInputException.class, () -> report.requireComplete(name -> true));
    assertMessage(error, "the folder: 1 weights have another shape", "a (file [3], model [2])");
  }

  @Test
  void missingWeightsAreAnErrorUnlessTheyAreAllowed() {
    inModel("bert.a");
    inModel("bert.memory.values");
    inFile("bert.a", 1, 2);
    inFile("bert.c", 1, 2);
    LoadReport report = load();
    var error = assertThrows(InvalidInputException.class, report::requireComplete);
    assertMessage(
        error,
        "the folder: 1 weights are missing: bert.memory.values",
        "1 have no place in the model: bert.c",
        "config.json");
    assertEquals("bert.memory.values", error.key());
    assertEquals(report, report.requireComplete(name -> name.contains("memory")));
  }

  @Test
  void aTiedTensorIsLoadedFromEitherName() {
    inModel("bert.embeddings.weight");
    model.tie("decoder.weight", "bert.embeddings.weight");
    inFile("decoder.weight", 1, 2);
    LoadReport report = load().requireComplete();
    assertLoaded("bert.embeddings.weight", 1, 2);
    assertEquals(
        List.of(new LoadReport.Tied("decoder.weight", "bert.embeddings.weight", false)),
        report.tied());
    file.clear();
    inFile("embeddings.weight", 3, 4);
    load().requireComplete();
    assertLoaded("decoder.weight", 3, 4);
  }

  @Test
  void aFileThatContradictsATieIsReported() {
    inModel("bert.embeddings.weight");
    model.tie("decoder.weight", "bert.embeddings.weight");
    inFile("bert.embeddings.weight", 1, 2);
    inFile("decoder.weight", 1, 2);
    assertTrue(!load().tied().getFirst().differs());
    inFile("decoder.weight", 1, 3);
    LoadReport report = load().requireComplete();
    assertTrue(report.tied().getFirst().differs());
    assertTrue(report.summary().contains("the file holds other numbers under decoder.weight"));
    assertLoaded("bert.embeddings.weight", 1, 2);
  }

  @Test
  void theSummaryIsAFewLinesWhateverTheNumberOfWeights() {
    for (int i = 0; i < 20; i++) {
      inModel("bert.layer" + i);
    }
    inFile("bert.layer3", 1, 2);
    inFile("bert.layer4", 1, 2, 3);
    inFile("other", 1);
    LoadReport report = load();
    assertEquals(
        """
        loaded 1 of 20 weights from the folder
          missing (18): bert.layer0, bert.layer1, bert.layer2, bert.layer5, bert.layer6, \
        bert.layer7, bert.layer8, bert.layer9 and 10 more
          misshapen (1): bert.layer4 (file [3], model [2])
          unexpected (1): other\
        """,
        report.summary());
    assertEquals(report.summary(), report.toString());
  }

  @Test
  void loadingIntoATrainedParameterKeepsItTrained() {
    inModel("a");
    inFile("a", 1, 2);
    Tensor before = model.get("a");
    load();
    assertTrue(before.requires_grad());
    assertTrue(before.is_leaf());
    before.sum().backward();
    assertArrayEquals(new float[] {1, 1}, Tensors.floats(before.grad()));
  }
}
