package org.mneme.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.PointerCount;
import org.mneme.TinyModel;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.TokenBatch;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Rows;
import org.mneme.model.MaskedInput;
import org.mneme.model.Pooling;
import org.mneme.model.PreparedEncoder;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.text.Tokenizer;

class TextEmbedderTest {
  private static final int DIM = 40;

  @TempDir private static Path temp;
  private static PretrainedModel model;
  private static PreparedEncoder encoder;
  private static Tokenizer tokenizer;

  @BeforeAll
  static void load() {
    Path folder = TinyModel.golden("hf_bert_mlm", temp.resolve("model"));
    var memory = TinyModel.memory(DIM).with(layer -> layer.values = new Rows(ValueInit.NORMAL));
    model = PretrainedModel.augment(folder, TinyModel.beside(memory, 1), 3);
    encoder = new PreparedEncoder(model.encoder(), Precision.FLOAT32);
    tokenizer = Tokenizer.load(folder);
  }

  @AfterAll
  static void close() {
    encoder.close();
    model.close();
    tokenizer.close();
  }

  private static TextEmbedder embedder(Pooling pooling, boolean normalize, int maxLength) {
    return new TextEmbedder(encoder, tokenizer, pooling, normalize, maxLength);
  }

  private static TextEmbedder usual() {
    return embedder(Pooling.MEAN, true, Integer.MAX_VALUE);
  }

  /// Sentences of different lengths, out of order, one of them empty.
  private static List<String> texts() {
    List<String> texts = new ArrayList<>(TinyModel.sentences(40, 4));
    texts.add("");
    texts.add("cat");
    Collections.shuffle(texts, new Random(1));
    return texts;
  }

  /// The mean, or the first, of the last hidden states, by hand.
  private static float[] byHand(String text, Pooling pooling, boolean normalize) {
    try (var scope = new TensorScope()) {
      int[] ids = tokenizer.encode(text).ids();
      double[] hidden =
          Tensors.doubles(
              model.encoder().encode(MaskedInput.of(TokenBatch.of(List.of(ids), 0)), false));
      int counted = pooling == Pooling.CLS ? 1 : ids.length;
      double[] vector = new double[DIM];
      double length = 0;
      for (int i = 0; i < DIM; i++) {
        for (int token = 0; token < counted; token++) {
          vector[i] += hidden[token * DIM + i] / counted;
        }
        length += vector[i] * vector[i];
      }
      float[] floats = new float[DIM];
      for (int i = 0; i < DIM; i++) {
        floats[i] = (float) (normalize ? vector[i] / Math.sqrt(length) : vector[i]);
      }
      return floats;
    }
  }

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void vectorsAreThePooledHiddenStates(Pooling pooling) {
    for (boolean normalize : new boolean[] {true, false}) {
      List<float[]> vectors = embedder(pooling, normalize, Integer.MAX_VALUE).embed(texts(), 16);
      for (int i = 0; i < texts().size(); i++) {
        assertArrayEquals(
            byHand(texts().get(i), pooling, normalize), vectors.get(i), 1e-5f, texts().get(i));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 42, 1000})
  void theOrderIsThatOfTheTextsWhateverTheBatch(int batchSize) {
    List<float[]> vectors = usual().embed(texts(), batchSize);
    assertEquals(texts().size(), vectors.size());
    for (int i = 0; i < vectors.size(); i++) {
      float[] alone = usual().embed(List.of(texts().get(i)), 1).getFirst();
      assertArrayEquals(alone, vectors.get(i), 1e-5f);
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void coarserProductsGiveVectorsThatPointTheSameWay(Precision precision) {
    try (var coarse = new PreparedEncoder(model.encoder(), precision)) {
      List<float[]> vectors =
          new TextEmbedder(coarse, tokenizer, Pooling.MEAN, true, Integer.MAX_VALUE)
              .embed(texts(), 8);
      List<float[]> expected = usual().embed(texts(), 8);
      for (int i = 0; i < vectors.size(); i++) {
        double cosine = 0;
        for (int at = 0; at < DIM; at++) {
          cosine += (double) vectors.get(i)[at] * expected.get(i)[at];
        }
        assertEquals(1, cosine, 1e-3);
      }
    }
  }

  @Test
  void whatIsMadeOfVectorsKeepsTheOrder() {
    List<String> texts = texts();
    assertEquals(texts, usual().embed(texts, 5, (text, vector) -> text));
  }

  @Test
  void normalizedVectorsHaveLengthOne() {
    for (float[] vector : usual().embed(texts(), 8)) {
      double sum = 0;
      for (float number : vector) {
        sum += (double) number * number;
      }
      assertEquals(1, Math.sqrt(sum), 1e-5);
    }
  }

  @Test
  void longTextsAreCut() {
    TextEmbedder cutting = embedder(Pooling.MEAN, true, 5);
    assertArrayEquals(
        cutting.embed(List.of("the cat sits"), 1).getFirst(),
        cutting.embed(List.of("the cat sits on the tree"), 1).getFirst());
    String endless = "the cat sits on ".repeat(50);
    assertArrayEquals(
        embedder(Pooling.MEAN, true, 40).embed(List.of(endless), 1).getFirst(),
        usual().embed(List.of(endless), 1).getFirst());
  }

  @Test
  void noTextsHaveNoVectors() {
    assertEquals(List.of(), usual().embed(List.of(), 4));
  }

  @Test
  void callsLeaveNoTensorsBehind() {
    TextEmbedder embedder = usual();
    assertEquals(42, embedder.embed(texts(), 8).size());
    long before = PointerCount.settled();
    for (int i = 0; i < 4; i++) {
      assertEquals(42, embedder.embed(texts(), 8).size());
    }
    assertEquals(before, PointerCount.now());
  }
}
