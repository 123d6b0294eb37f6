package org.mneme.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class InputsTest {
  private final Inputs inputs = new Inputs(new Sizes(16, 768));

  @Test
  void theTableIsTheOneThatThePeerMakes() {
    // as torch computes it in benchmarks/peers/memory.py
    assertEquals(-27, inputs.exponent());
    long[] hashes = {0, 5750543, 3627218, -2983547, 4324150};
    long[] places = {0, 1, 2, 12345, 805306367};
    for (int i = 0; i < places.length; i++) {
      assertEquals((float) (hashes[i] * Math.pow(2, -27)), inputs.value(places[i]));
    }
  }

  @Test
  void rowsOfTheTableAreItsElements() {
    float[] rows = new float[2 * 768];
    inputs.values(3, rows);
    assertEquals(inputs.value(3 * 768), rows[0]);
    assertEquals(inputs.value(5 * 768 - 1), rows[2 * 768 - 1]);
  }

  @Test
  void valuesHaveTheDeviationOfAFreshTable() {
    for (int dim : new int[] {64, 256, 768}) {
      float[] rows = new float[64 * dim];
      new Inputs(new Sizes(16, dim)).values(0, rows);
      double squares = 0;
      for (float value : rows) {
        squares += (double) value * value;
      }
      double deviation = Math.sqrt(squares / rows.length) * Math.sqrt(dim);
      assertTrue(deviation > 0.7 && deviation < 1.4, dim + ": " + deviation);
    }
  }

  @Test
  void drawsAreRepeated() {
    assertArrayEquals(inputs.x(), new Inputs(new Sizes(16, 768)).x());
    assertArrayEquals(inputs.slots(), new Inputs(new Sizes(16, 768)).slots());
  }

  @Test
  void aHeadReadsEachSlotOnceWithWeightsOfSumOne() {
    int[] slots = inputs.slots();
    float[] weights = inputs.weights();
    for (int start = 0; start < slots.length; start += Sizes.SLOTS_PER_HEAD) {
      int[] head = Arrays.copyOfRange(slots, start, start + Sizes.SLOTS_PER_HEAD);
      assertEquals(head.length, Arrays.stream(head).distinct().count());
      assertTrue(Arrays.stream(head).allMatch(slot -> slot >= 0 && slot < 256));
      double sum = 0;
      for (int i = start; i < start + Sizes.SLOTS_PER_HEAD; i++) {
        sum += weights[i];
      }
      assertEquals(1, sum, 1e-5);
    }
  }
}
