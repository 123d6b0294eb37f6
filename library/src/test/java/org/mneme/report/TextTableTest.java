package org.mneme.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextTableTest {
  private static final Table RESULTS =
      Results.table(
          "variant",
          List.of(
              new Results("full", "everything trained")
                  .with(Measure.FACTS, 0.404, 0.409)
                  .with(Measure.HELD_OUT, 0.341, 0.346)
                  .with(Measure.STEP_TIME, 261)
                  .with(Measure.TRAINED, 10_812_416),
              new Results("memory", "65,536 slots")
                  .with(Measure.FACTS, 0.607, 0.602)
                  .with(Measure.HELD_OUT, 0.321, 0.324)
                  .with(Measure.STEP_TIME, 123)
                  .with(Measure.PEAK_MEMORY, 1.08e9)));

  @Test
  void resultsAreAlignedWithUnitsInTheHeadings() {
    assertEquals(
        """
        variant                    facts [%]  held out [%]  time a step [ms]  trained [M]  peak memory [GB]
        ------------------------  ----------  ------------  ----------------  -----------  ----------------
        full, everything trained   40.6 ±0.2    *34.4 ±0.2               261         10.8                 –
        memory, 65,536 slots      *60.5 ±0.3     32.2 ±0.2              *123            –              1.08
        * best
        """,
        TextTable.format(RESULTS));
  }

  @Test
  void numbersThatDoNotFitAreTurnedOnTheirSide() {
    assertEquals(
        """
        variant                 full      memory
        ----------------  ----------  ----------
        facts [%]          40.6 ±0.2  *60.5 ±0.3
        held out [%]      *34.4 ±0.2   32.2 ±0.2
        time a step [ms]         261        *123
        trained [M]             10.8           –
        peak memory [GB]           –        1.08
        * best
        full, everything trained
        memory, 65,536 slots
        """,
        TextTable.format(RESULTS, 60));
  }

  @Test
  void wordsAreCutToTheWidthAndNumbersAreNot() {
    Table table =
        new Table(
            "Settings",
            List.of(
                Table.Column.text("key"),
                Table.Column.number("n", ""),
                Table.Column.text("meaning")),
            List.of(
                List.of(
                    Cell.of("memory.slots"),
                    Cell.of("1,048,576"),
                    Cell.of("how many rows the value table has"))));
    assertEquals(
        """
        Settings

        key                   n  meaning
        ------------  ---------  ---------------
        memory.slots  1,048,576  how many rows…
        """,
        TextTable.format(table, 40));
  }

  @Test
  void wideAndCombiningLettersKeepTheColumnsStraight() {
    Table table =
        new Table(
            "",
            List.of(Table.Column.text("token"), Table.Column.number("n", "")),
            List.of(
                List.of(Cell.of("日本"), Cell.of("1")),
                List.of(Cell.of("e\u0301te\u0301"), Cell.of("2")),
                List.of(Cell.of("😀"), Cell.of("3")),
                List.of(Cell.of("👩\u200d👧"), Cell.of("4"))));
    List<String> lines = TextTable.format(table).lines().toList();
    for (String line : lines) {
      assertEquals(8, TextWidth.columns(line), line);
    }
  }

  @Test
  void nothingInACellCanSteerTheTerminal() {
    Cell hostile = Cell.of("a\u001b[31mb\nc\td\u202ee\u0007\u2028f\u009bg");
    Table table = new Table("", List.of(Table.Column.text("x")), List.of(List.of(hostile)));
    String text = TextTable.format(table);
    assertEquals(3, text.lines().count());
    assertTrue(text.codePoints().noneMatch(c -> c != '\n' && Character.isISOControl(c)));
    assertFalse(text.contains("\u202e"));
  }

  @Test
  void rightAndWrongAnswersCarrySigns() {
    Table table =
        new Table(
            "",
            List.of(Table.Column.text("text"), Table.Column.text("memory")),
            List.of(
                List.of(
                    Cell.inContext("a ", "reed", " instrument"), Cell.of("reed", Cell.Mark.RIGHT)),
                List.of(Cell.of("b"), Cell.of("bow", Cell.Mark.WRONG)),
                List.of(Cell.of("c"), Cell.none())));
    assertEquals(
        """
        text                 memory
        -------------------  ------
        a [reed] instrument  ✓ reed
        b                    ✗ bow
        c                    –
        """,
        TextTable.format(table));
  }

  @Test
  void aTableWithoutRowsIsItsHeading() {
    Table table = new Table("", List.of(Table.Column.text("a")), List.of());
    assertEquals("a\n-\n", TextTable.format(table, 5));
  }
}
