package org.mneme.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.InvalidInputException;
import org.mneme.config.Baking.Flour;
import org.mneme.config.Baking.Oven;
import org.mneme.config.Baking.Rise;
import org.mneme.config.Baking.Shape;

class BinderTest {
  private static final Rise DOUGH = new Rise.SlowRise(30, 1);

  private static Baking bind(String text, String... assignments) {
    return Binder.bind(Settings.parse(text, "bread.yaml").with(List.of(assignments)), Baking.class);
  }

  private static void assertError(String key, String message, String text, String... assignments) {
    var error = assertThrows(InvalidInputException.class, () -> bind(text, assignments));
    assertEquals(message, error.getMessage());
    assertEquals(key, error.key());
    assertEquals(InvalidInputException.Kind.CONFIG, error.kind());
  }

  @Test
  void whatIsLeftOutHasItsUsualValue() {
    assertEquals(
        new Baking(
            "Ann", 12, 3_000_000_000L, Oven.DEFAULT, List.of(), Shape.ROUND, DOUGH, null, null),
        bind("name: Ann"));
  }

  @Test
  void keysReplaceDefaultsOneByOneDownThroughNestedRecords() {
    Oven oven = bind("{name: Ann, oven: {heat: 200, rise: {minutes: 5}}}").oven();
    assertEquals(new Oven(200, true, new Rise.SlowRise(5, 0.5)), oven);
  }

  @Test
  void anotherTypeHasItsOwnDefaults() {
    assertEquals(new Rise.AtOnce(), bind("{name: A, oven: {rise: {type: at-once}}}").oven().rise());
    assertEquals(new Rise.AtOnce(), bind("{name: A, oven: {rise: at-once}}").oven().rise());
    // the usual type again, by name alone: what the record around it has
    assertEquals(new Rise.SlowRise(20, 0.5), bind("{name: A, oven: {rise: slow}}").oven().rise());
  }

  @Test
  void theUsualTypeOfAKeyThatIsLeftOutNeedNotBeNamed() {
    assertEquals(new Rise.SlowRise(5, 1), bind("{name: A}", "dough.minutes=5").dough());
    assertEquals(new Rise.SlowRise(5, 1), bind("{name: A, dough: {minutes: 5}}").dough());
    assertEquals(DOUGH, bind("{name: A, dough: {}}").dough());
    assertEquals(DOUGH, bind("{name: A, dough: slow}").dough());
    assertEquals(new Rise.AtOnce(), bind("{name: A, dough: at-once}").dough());
    assertError(
        "dough.minute",
        "--set dough.minute=5: dough.minute: unknown setting; did you mean minutes?",
        "name: A",
        "dough.minute=5");
  }

  @Test
  void everyFormIsRead() {
    Baking baking =
        bind(
            """
            name: "12"
            loaves: 1e3
            salt: 4000000000
            oven: {heat: 180, steam: false}
            flours: [rye, {grain: spelt, grams: 7}, {grain: oat}]
            shape: long-and-thin
            orders: {Bob: 1, Eve: 2}
            for: us
            """);
    assertEquals(
        new Baking(
            "12",
            1000,
            4_000_000_000L,
            new Oven(180, false, Oven.DEFAULT.rise()),
            List.of(new Flour("rye", 500), new Flour("spelt", 7), new Flour("oat", 500)),
            Shape.LONG_AND_THIN,
            DOUGH,
            Map.of("Bob", 1, "Eve", 2),
            "us"),
        baking);
  }

  @Test
  void oneElementStandsForAListOfOne() {
    assertEquals(List.of(new Flour("rye", 500)), bind("{name: A, flours: rye}").flours());
    assertEquals(
        List.of(new Flour("rye", 9)), bind("{name: A, flours: {grain: rye, grams: 9}}").flours());
  }

  @Test
  void nullIsAbsent() {
    assertEquals(null, bind("{name: A, for: us}", "for=").guest());
    assertError(
        "loaves",
        "bread.yaml:1:11: loaves: is empty; give a value, or leave the key out",
        "{name: A, loaves: }");
  }

  @Test
  void unknownKeysNameTheNearestOne() {
    assertError(
        "oven.heet",
        "bread.yaml:3:3: oven.heet: unknown setting; did you mean heat?",
        "name: Ann\noven:\n  heet: 1\n");
    assertError(
        "butter",
        "bread.yaml:1:13: butter: unknown setting; known are name, loaves, salt, oven, flours,"
            + " shape, dough, orders, for",
        "{name: Ann, butter: 1}");
  }

  @Test
  void keysInTheWrongPlaceNameTheRightOne() {
    assertError(
        "heat",
        "bread.yaml:1:11: heat: unknown setting; did you mean oven.heat?",
        "{name: A, heat: 1}");
    assertError(
        "oven.minutes",
        "--set oven.minutes=1: oven.minutes: unknown setting; did you mean oven.rise.minutes or"
            + " dough.minutes?",
        "name: A",
        "oven.minutes=1");
    assertError(
        "grams",
        "bread.yaml:2:1: grams: unknown setting; did you mean flours.0.grams?",
        "name: A\ngrams: 1");
  }

  @Test
  void missingKeysSayWhatTheyMean() {
    assertError("name", "bread.yaml: name: missing; give it: Whose recipe.", "loaves: 1");
    assertError(
        "flours.0.grain",
        "bread.yaml:1:20: flours.0.grain: missing; give it: From what.",
        "{name: A, flours: [{grams: 1}]}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          name        | 12          | found the number 12, expected a text (in quotes if need be)
          loaves      | many        | found the text "many", expected an integer
          loaves      | 1.5         | found the number 1.5, expected an integer
          loaves      | 3000000000  | found the number 3000000000, expected an integer up to 2147483647
          salt        | 1e30        | found the number 1.0E30, expected an integer that fits 64 bits
          oven.heat   | hot         | found the text "hot", expected a number
          oven.heat   | [1]         | found a list, expected a number
          oven.steam  | 1           | found the number 1, expected true or false
          oven        | hot         | found the text "hot", expected keys and values: heat, steam, rise
          flours      | 12          | found the number 12, expected a text, or keys and values: grain, grams
          orders      | 3           | found the number 3, expected keys and values
          shape       | true        | found true, expected one of round, long-and-thin
          shape       | ruond       | ruond is none of round, long-and-thin; did you mean round?
          shape       | x           | x is none of round, long-and-thin
          oven.rise   | at_once     | at_once is none of slow, at-once; did you mean at-once?
          """)
  void wrongValuesSayWhatStoodThereAndWhatIsExpected(String key, String value, String message) {
    String set = key + "=" + value;
    var error = assertThrows(InvalidInputException.class, () -> bind("name: A", set));
    assertEquals("--set " + set + ": " + key + ": " + message, error.getMessage());
  }

  @Test
  void aTypeOfItsOwnIsAnErrorAtTheType() {
    assertError(
        "oven.rise.type",
        "bread.yaml:4:5: oven.rise.type: slo is none of slow, at-once; did you mean slow?",
        "name: A\noven:\n  rise:\n    type: slo\n");
  }

  @Test
  void errorsOfRecordsGetThePlaceWhereTheRecordStands() {
    assertError(
        "oven.heat", "bread.yaml:2:8: oven.heat: 401.0 is too hot", "name: A\noven: {heat: 401}");
    assertError(
        "oven.rise.share",
        "--set oven.rise.share=2: oven.rise.share: 2.0 is above 1",
        "name: A",
        "oven.rise.share=2");
    assertError(
        "flours.1.grams",
        "bread.yaml:4:20: flours.1.grams: -1 is below 0",
        "name: A\nflours:\n  - rye\n  - {grain: spelt, grams: -1}\n");
    assertError(
        "flours.0.grain",
        "bread.yaml:1:20: flours.0.grain: is blank",
        "{name: A, flours: [\" \"]}");
  }
}
