package org.mneme.memory.kernel;

import static org.junit.jupiter.api.Assertions.assertTimeout;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RehearsalTest {
  @ParameterizedTest
  @EnumSource(Rows.Type.class)
  void itEndsByItselfWhateverTheCompilerDoes(Rows.Type type) {
    assertTimeout(Duration.ofSeconds(20), () -> Rehearsal.run(type));
    assertTimeout(Duration.ofSeconds(20), () -> Rehearsal.runTokens(type));
  }
}
