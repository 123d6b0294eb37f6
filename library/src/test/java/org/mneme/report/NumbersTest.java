package org.mneme.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumbersTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "PERCENT|0.607|60.7 %",
        "PERCENT|0.0031|0.31 %",
        "PERCENT|1|100.0 %",
        "PERCENT|0|0.0 %",
        "COUNT|1024|1,024",
        "LARGE|950|950",
        "LARGE|25821184|25.8 M",
        "LARGE|262144|262 k",
        "BYTES|1210000000|1.21 GB",
        "BYTES|512|512 B",
        "PLAIN|4.3114|4.311",
        "PLAIN|0.3466|0.347",
        "PLAIN|-0.0001|0.000",
        "PLAIN|-1.5|−1.500",
        "PLAIN|1234.5|1,234",
        "MILLISECONDS|3.3|3.30 ms",
        "MILLISECONDS|261.4|261 ms",
        "SECONDS|0|0.00 s",
        "PER_SECOND|12929.4|12,929 /s",
        "PLAIN|NaN|–",
        "BYTES|Infinity|–"
      })
  void numbersReadWell(Unit unit, double value, String expected) {
    assertEquals(expected.replace(" ", Numbers.THIN), Numbers.withUnit(unit, value));
  }

  @Test
  void aColumnHasOnePrefixAndOneNumberOfDecimals() {
    var written = Numbers.column(Unit.LARGE, new double[] {25_821_184, 2_362_752, Double.NaN, 0});
    assertEquals("M", written.unit());
    assertArrayEquals(new String[] {"25.8", "2.4", "–", "0.0"}, written.texts());
  }

  @Test
  void nothingToWriteIsNoError() {
    assertEquals(0, Numbers.column(Unit.BYTES, new double[0]).texts().length);
  }
}
