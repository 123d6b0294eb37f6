package org.mneme.checkpoint.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;

/// A damaged file gives a model or an [InvalidInputException]: never another exception, and never
/// no answer.
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OnnxDamageTest {
  /// Whether `bytes` are still a BERT.
  private static boolean reads(byte[] bytes) {
    try (OnnxGraph graph = OnnxGraph.of("damaged.onnx", bytes)) {
      ImportedBert bert = BertOnnxImporter.read(graph);
      bert.weights().values().forEach(OnnxWeight::values);
      return true;
    } catch (InvalidInputException e) {
      assertEquals(InvalidInputException.Kind.WEIGHTS, e.kind());
      return false;
    }
  }

  private static byte[] damaged(byte[] bytes, Random random) {
    int start = random.nextInt(bytes.length);
    int length = 1 + random.nextInt(Math.min(64, bytes.length - start));
    byte[] copy = bytes.clone();
    switch (random.nextInt(6)) {
      case 0 -> copy[start] ^= (byte) (1 << random.nextInt(8));
      case 1 -> copy[start] = (byte) random.nextInt(256);
      case 2 -> Arrays.fill(copy, start, start + length, (byte) (random.nextBoolean() ? 0 : 0xff));
      case 3 -> copy = Arrays.copyOf(copy, start);
      case 4 -> {
        // a piece is cut out: all lengths around it are wrong
        System.arraycopy(bytes, start + length, copy, start, bytes.length - start - length);
        copy = Arrays.copyOf(copy, bytes.length - length);
      }
      default -> {
        int from = random.nextInt(bytes.length - length + 1);
        System.arraycopy(bytes, from, copy, start, length);
      }
    }
    return copy;
  }

  private static void damageMany(byte[] sound, long seed, int times) {
    assertTrue(reads(sound));
    Random random = new Random(seed);
    int survived = 0;
    for (int i = 0; i < times; i++) {
      byte[] copy = damaged(sound, random);
      for (int more = random.nextInt(3); more > 0 && copy.length > 1; more--) {
        copy = damaged(copy, random);
      }
      survived += reads(copy) ? 1 : 0;
    }
    // damage to names and numbers goes unseen; if all did, nothing would have been tested
    assertTrue(survived > times / 100 && survived < times / 2, "survived: " + survived);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void damagedModelsAreRejected(long seed) {
    SyntheticBert model = new SyntheticBert(seed, 5, 4, 1, 2, 4, 6);
    model.fused = seed == 2;
    damageMany(model.build(), seed, 3000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"torchscript", "dynamo"})
  void damagedExportsAreRejected(String folder) throws IOException {
    try (var in = OnnxDamageTest.class.getResourceAsStream("/onnx/" + folder + "/model.onnx")) {
      damageMany(java.util.Objects.requireNonNull(in).readAllBytes(), 3, 1000);
    }
  }

  @Test
  void everyTruncationIsRejected() {
    byte[] sound = new SyntheticBert(3, 5, 4, 1, 1, 4, 6).build();
    int survived = 0;
    for (int length = 0; length < sound.length; length++) {
      survived += reads(Arrays.copyOf(sound, length)) ? 1 : 0;
    }
    // the version of the operators comes last, and the model before it reads without
    assertTrue(survived <= 1, "survived: " + survived);
  }
}
