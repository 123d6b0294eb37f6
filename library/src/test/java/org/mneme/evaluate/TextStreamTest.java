package org.mneme.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.TinyModel;
import org.mneme.data.CausalBatch;
import org.mneme.evaluate.MaskedEvaluation.Score;
import org.mneme.model.Activation;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.NewModelConfig;
import org.mneme.model.TransformerXlConfig;
import org.mneme.text.Tokenizer;
import org.mneme.text.training.TokenizerKind;
import org.mneme.text.training.TokenizerTrainer;

class TextStreamTest {
  private static final List<String> DOCUMENTS = TinyModel.sentences(9, 1);

  @TempDir private static Path temp;

  @BeforeAll
  static void makeTokenizer() throws Exception {
    var trainer =
        new TokenizerTrainer(TokenizerKind.CHARACTERS, new TokenizerTrainer.Settings(0, 1, false));
    DOCUMENTS.forEach(trainer::add);
    for (var file : trainer.train().files().entrySet()) {
      Files.writeString(temp.resolve(file.getKey()), file.getValue());
    }
  }

  private static TextStream stream() {
    try (Tokenizer tokenizer = Tokenizer.load(temp)) {
      return TextStream.of(tokenizer, DOCUMENTS);
    }
  }

  /// The targets of all batches, those of a row (of a lane) together.
  private static List<Long> targets(List<CausalBatch> batches, boolean lanes) {
    List<List<Long>> rows = new ArrayList<>();
    int row = 0;
    for (CausalBatch batch : batches) {
      row = lanes ? 0 : row;
      for (int i = 0; i < batch.batch(); i++, row++) {
        if (row == rows.size()) {
          rows.add(new ArrayList<>());
        }
        for (int at = i * batch.time(); at < (i + 1) * batch.time(); at++) {
          if (batch.targets()[at] >= 0) {
            rows.get(row).add(batch.targets()[at]);
          }
        }
      }
    }
    return rows.stream().flatMap(List::stream).toList();
  }

  @ParameterizedTest
  @CsvSource({"7, 7, 3", "7, 2, 4", "1, 1, 5", "1000, 10, 2", "20, 19, 1"})
  void everyTokenIsGuessedOnce(int length, int stride, int rows) {
    TextStream stream = stream();
    List<Long> whole = targets(stream.windows(stream.targets(), stream.targets(), 1), false);
    long characters = DOCUMENTS.stream().mapToInt(String::length).sum() + DOCUMENTS.size();
    assertEquals(characters, whole.size());
    assertEquals(characters, stream.size().characters());
    assertEquals(whole, targets(stream.windows(length, stride, rows), false));
    assertEquals(whole, targets(stream.segments(length, rows), true));
  }

  @Test
  void windowsShowEachTokenEnoughBefore() {
    List<CausalBatch> batches = stream().windows(10, 3, 4);
    for (int i = 0; i < batches.size(); i++) {
      CausalBatch batch = batches.get(i);
      for (int row = i == 0 ? 1 : 0; row < batch.batch(); row++) {
        for (int at = 0; at < 10 - 3; at++) {
          assertTrue(batch.targets()[row * batch.time() + at] < 0);
        }
      }
    }
    assertThrows(IllegalArgumentException.class, () -> stream().windows(4, 5, 1));
  }

  /// A model without memory and one with a memory of all that came before agree where both see the
  /// same tokens.
  @Test
  void segmentsWithALongMemoryAreOneLongText() {
    TransformerXlConfig config =
        new NewModelConfig.TransformerXl(
                16, 2, 2, 0, 0, Activation.RELU, 8, false, 0, false, List.of(), 0, 1)
            .config(60, 0);
    try (var model = new CausalLanguageModel(config, 3)) {
      TextStream stream = stream();
      List<CausalBatch> whole =
          stream.segments(stream.targets(), 1).stream().map(TextStreamTest::joined).toList();
      Score expected = CausalEvaluation.evaluate(model, whole);
      for (int length : new int[] {1, 5, 64}) {
        List<CausalBatch> parts =
            stream.segments(length, 1).stream().map(TextStreamTest::joined).toList();
        Score score = CausalEvaluation.evaluate(model, parts, stream.targets());
        assertEquals(expected.loss(), score.loss(), 1e-5);
        assertEquals(expected.targets(), score.targets());
      }
      Score lanes = CausalEvaluation.evaluate(model, stream.segments(5, 3));
      assertEquals(expected.targets(), lanes.targets());
      Score apart = CausalEvaluation.evaluate(model, stream.segments(5, 1), stream.targets());
      assertNotEquals(expected.loss(), apart.loss(), "documents are kept apart");
    }
  }

  /// Without beginnings of documents, at which memories are forgotten.
  private static CausalBatch joined(CausalBatch batch) {
    return new CausalBatch(
        batch.batch(),
        batch.time(),
        batch.inputIds(),
        batch.attentionMask(),
        batch.targets(),
        new boolean[batch.starts().length],
        batch.padded(),
        batch.continues());
  }

  @Test
  void bitsAndPerplexitiesAreThoseOfTheirDefinitions() {
    Score score = new Score(2 * Math.log(2), 0.5, 30, 31, 1);
    var metrics = new TextSize(12, 60, 120).metrics(score);
    assertEquals(1, metrics.get("bitsPerCharacter"), 1e-12);
    assertEquals(0.5, metrics.get("bitsPerByte"), 1e-12);
    assertEquals(4, metrics.get("perplexity"), 1e-12);
    assertEquals(32, metrics.get("wordPerplexity"), 1e-9);
    assertEquals(new TextSize(3, 5, 8), TextSize.of("é a\n京"));
    assertEquals(TextSize.NONE, TextSize.of(""));
    double[] none = {TextSize.NONE.metrics(score).get("bitsPerByte")};
    assertTrue(Arrays.stream(none).allMatch(Double::isNaN));
  }
}
