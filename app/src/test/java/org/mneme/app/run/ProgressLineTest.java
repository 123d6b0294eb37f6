package org.mneme.app.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ProgressLineTest {
  @Test
  void timesAreReadAtAGlance() {
    assertEquals("0 s", ProgressLine.time(0.4));
    assertEquals("59 s", ProgressLine.time(59.4));
    assertEquals("1:00 min", ProgressLine.time(59.6));
    assertEquals("61:01 min", ProgressLine.time(3661));
    assertEquals("?", ProgressLine.time(Double.NaN));
  }

  @Test
  void sizesAreInMegabytesOrGigabytes() {
    assertEquals("0 MB", ProgressLine.size(1000));
    assertEquals("1023 MB", ProgressLine.size((1L << 30) - 1));
    assertEquals("1.50 GB", ProgressLine.size(3L << 29));
  }
}
