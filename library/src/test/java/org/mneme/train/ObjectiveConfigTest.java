package org.mneme.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.InvalidInputException;
import org.mneme.data.Masking;
import org.mneme.train.ObjectiveConfig.Causal;
import org.mneme.train.ObjectiveConfig.Masked;

class ObjectiveConfigTest {
  @Test
  void whatIsNotGivenIsBerts() {
    assertEquals(
        new Masked(0.15, 0.8, 0.1, Masking.Unit.TOKEN, Masking.SPAN_LENGTH, 0), Masked.DEFAULT);
    assertFalse(Causal.DEFAULT.allowBatchNorm());
  }

  @Test
  void whatIsNeitherMaskedNorRandomIsKept() {
    Masking masking = new Masked(0.3, 0.5, 0.2, Masking.Unit.SPAN, 3, 2).masking();
    assertEquals(0.3, masking.probability());
    assertEquals(0.5, masking.maskShare());
    assertEquals(0.2, masking.randomShare());
    assertEquals(0.3, masking.keepShare(), 1e-12);
    assertEquals(Masking.Unit.SPAN, masking.unit());
    assertEquals(3, masking.spanLength());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.8, 0.1, 3, 0, probability",
    "1.5, 0.8, 0.1, 3, 0, probability",
    "0.15, -0.1, 0.1, 3, 0, maskShare",
    "0.15, 0.8, 1.1, 3, 0, randomShare",
    "0.15, 0.8, 0.3, 3, 0, maskShare",
    "0.15, 0.8, 0.1, 0.5, 0, spanLength",
    "0.15, 0.8, 0.1, 11, 0, spanLength",
    "0.15, 0.8, 0.1, 3, -1, maskings",
  })
  void whatCannotBeUsedIsNamed(
      double probability, double mask, double random, double span, int maskings, String key) {
    var problem =
        assertThrows(
            InvalidInputException.class,
            () -> new Masked(probability, mask, random, Masking.Unit.TOKEN, span, maskings));
    assertEquals("objective." + key, problem.key());
  }
}
