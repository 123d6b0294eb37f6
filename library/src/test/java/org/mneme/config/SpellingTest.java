package org.mneme.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SpellingTest {
  @Test
  void distancesAreThoseOfTheTextbook() {
    assertEquals(3, Spelling.distance("kitten", "sitting"));
    assertEquals(3, Spelling.distance("", "abc"));
    assertEquals(0, Spelling.distance("same", "same"));
  }

  @Test
  void farFetchedNamesAreNotProposed() {
    List<String> names = List.of("doctor", "inspect", "evaluate");
    assertEquals(Optional.of("doctor"), Spelling.nearest("docter", names));
    assertEquals(Optional.empty(), Spelling.nearest("banana", names));
  }
}
