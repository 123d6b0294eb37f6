package org.mneme.tensor.environment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.mneme.tensor.environment.Environment.Cpu;

class EnvironmentTest {
  @Test
  void javaBefore2503IsRefused() {
    for (String version : List.of("24.0.9", "25", "25.0.2+10-LTS")) {
      assertFalse(Environment.supports(Runtime.Version.parse(version)), version);
    }
    for (String version : List.of("25.0.3+9-LTS", "25.0.4", "25.0.3.1", "26-ea+3", "27")) {
      assertTrue(Environment.supports(Runtime.Version.parse(version)), version);
    }
  }

  @Test
  void libtorchOfThisBuildIsLoadedAndComputes() {
    Environment found = Environment.gather("plain");
    assertEquals(List.of(), found.problems());
    assertTrue(found.ok());
    assertTrue(found.check().passed());
    assertTrue(found.check().worstError() < 1e-6, "error " + found.check().worstError());
    assertTrue(found.threads().torch() >= 1);
    assertTrue(found.memory().total() > found.memory().maxHeap());
    assertTrue(found.libtorch().orElseThrow().version().matches("\\d+\\.\\d+\\.\\d+"));
    assertFalse(found.tokenizers().equals("unknown"));
    assertTrue(found.caches().getFirst().bytes() > 0);
  }

  @Test
  void productsOfBfloat16NeedInstructionsForThem() {
    assertFalse(new Cpu("older", 2, List.of("avx2", "fma", "avx512f")).multipliesBfloat16());
    assertFalse(new Cpu("unknown", 2, List.of()).multipliesBfloat16());
    for (String extension : List.of("avx512_bf16", "amx_bf16", "bf16")) {
      assertTrue(new Cpu("newer", 2, List.of("fma", extension)).multipliesBfloat16(), extension);
    }
  }
}
