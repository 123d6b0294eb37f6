package org.mneme.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.config.Baking.Flour;
import org.mneme.config.Baking.Oven;
import org.mneme.config.Baking.Rise;
import org.mneme.config.Baking.Shape;

class PrinterTest {
  private static Baking named(String name) {
    return new Baking(
        name,
        1,
        Long.MAX_VALUE,
        new Oven(1e-4, true, new Rise.AtOnce()),
        List.of(new Flour(name + "?", 1), new Flour("rye", 2)),
        Shape.LONG_AND_THIN,
        new Rise.AtOnce(),
        Map.of(name, 3),
        null);
  }

  private static Baking read(String text) {
    return Binder.bind(Settings.parse(text, "printed"), Baking.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "true",
        "No",
        "null",
        "~",
        "12",
        "1e3",
        ".5",
        "- a",
        "a: b",
        "# no",
        "a #b",
        "\"'\\",
        "tab\t",
        "line\nline",
        "ünï😀",
        "",
        " ",
        "*x",
        "&x",
        "[",
        "{",
        "!",
        "@",
        "`",
        "a/b.txt",
        "0x1f",
        "<<"
      })
  void whatIsPrintedReadsBackAsTheSame(String name) {
    Baking baking = named(name);
    assertEquals(baking, read(Printer.yaml(baking, false)));
    assertEquals(baking, read(Printer.yaml(baking, true)));
    assertEquals(baking, read(Printer.json(baking)));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1, -1, 0.1, 1e-300, 5e-324, 1.0 / 3, 399})
  void numbersKeepAllDigits(double heat) {
    Baking baking =
        new Baking(
            "a",
            1,
            1,
            new Oven(heat, true, new Rise.AtOnce()),
            List.of(),
            Shape.ROUND,
            new Rise.AtOnce(),
            null,
            "b");
    assertEquals(baking, read(Printer.yaml(baking, false)));
    assertEquals(baking, read(Printer.json(baking)));
  }

  @Test
  void yamlHasEveryKeyAndTheSentencesIfWanted() {
    String expected =
        """
        # Whose recipe.
        name: Ann
        # How many.
        loaves: 1
        # Grains of salt.
        salt: 9223372036854775807
        # The oven.
        oven:
          # In degrees.
          heat: 1e-4
          # Whether with steam.
          steam: true
          # How it warms up.
          rise:
            type: at-once
        # What goes in.
        flours:
            # From what.
          - grain: "Ann?"
            # Grams.
            grams: 1
            # From what.
          - grain: rye
            # Grams.
            grams: 2
        # Which form.
        shape: long-and-thin
        # How the dough rises.
        dough:
          type: at-once
        # Who wants how many.
        orders:
          Ann: 3
        # Who eats it; absent: everyone.
        for: null
        """;
    assertEquals(expected, Printer.yaml(named("Ann"), true));
    assertEquals(
        expected.lines().filter(line -> !line.contains("#")).toList(),
        Printer.yaml(named("Ann"), false).lines().toList());
  }
}
