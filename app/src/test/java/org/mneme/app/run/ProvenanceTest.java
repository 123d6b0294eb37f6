package org.mneme.app.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProvenanceTest {
  @Test
  void aCommandCanBeTypedAgain() {
    assertEquals(
        "./mneme train --text train --freeze '*.memory.values' --rate=5e-4 -q",
        Provenance.command(
            List.of(
                "train", "--text", "train", "--freeze", "*.memory.values", "--rate=5e-4", "-q")));
    assertEquals(
        "./mneme fill-mask 'it'\\''s a [MASK]' '' '$HOME'",
        Provenance.command(List.of("fill-mask", "it's a [MASK]", "", "$HOME")));
  }

  @Test
  void factsNameVersionsAndMachine() {
    var facts = Provenance.facts();
    for (String name : List.of("mneme", "date", "java", "libtorch", "processor", "threads")) {
      assertTrue(facts.containsKey(name), name);
    }
  }
}
