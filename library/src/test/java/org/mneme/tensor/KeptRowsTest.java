package org.mneme.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeptRowsTest {
  @Test
  void placesAndIdsAreEachOthersInverse() {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      int all = 1 + random.nextInt(300);
      BitSet chosen = new BitSet(all);
      for (int i = random.nextInt(all + 1); i > 0; i--) {
        chosen.set(random.nextInt(all));
      }
      KeptRows rows = KeptRows.of(all, chosen);
      assertEquals(all, rows.all());
      assertEquals(chosen.cardinality(), rows.size());
      int next = 0;
      for (int id = 0; id < all; id++) {
        assertEquals(chosen.get(id), rows.contains(id));
        assertEquals(chosen.get(id) ? next : -1, rows.place(id));
        if (chosen.get(id)) {
          assertEquals(id, rows.id(next++));
        }
      }
      assertArrayEquals(chosen.stream().toArray(), rows.ids().toArray());
    }
  }

  @Test
  void idsOutsideAreNotKept() {
    KeptRows rows = new KeptRows(3, 0, 2);
    assertFalse(rows.contains(-1));
    assertFalse(rows.contains(1));
    assertFalse(rows.contains(3));
    assertTrue(rows.contains(2));
  }

  @Test
  void moreRowsTakeTheirPlaceInTheOrder() {
    KeptRows rows = new KeptRows(9, 1, 5);
    assertEquals(new KeptRows(9, 0, 1, 5, 7), rows.with(7, 0, 5));
    assertNotEquals(rows, rows.with(7));
    assertEquals(rows, rows.with());
    assertEquals(rows.hashCode(), rows.with(1).hashCode());
    assertThrows(IndexOutOfBoundsException.class, () -> rows.with(9));
  }

  @Test
  void idsAscendAndAreInRange() {
    for (int[] ids : new int[][] {{2, 1}, {1, 1}, {-1}, {4}}) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> new KeptRows(4, ids)).getMessage();
      assertTrue(message.contains("of 4"), message);
    }
  }
}
