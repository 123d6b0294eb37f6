package org.mneme.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mneme.InvalidInputException;

class SettingsTest {
  private static String message(String text, String... assignments) {
    return assertThrows(
            InvalidInputException.class,
            () -> Settings.parse(text, "file").with(List.of(assignments)))
        .getMessage();
  }

  private static String tree(String text, String... assignments) {
    return Settings.parse(text, "file").with(List.of(assignments)).tree().toString();
  }

  @Test
  void scalarsAreThoseOfYaml12() {
    assertEquals(
        "{\"a\":0.001,\"b\":\"no\",\"c\":true,\"d\":31,\"e\":null,\"f\":\"1\",\"g\":10,\"h\":8}",
        tree("{a: 1e-3, b: no, c: true, d: 0x1F, e: ~, f: '1', g: 010, h: 0o10}"));
  }

  @Test
  void jsonIsReadToo(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("run.json");
    Files.writeString(file, "{\n\t\"a\":\t[1, 2.5],\n\t\"b\": {\"c\": null}\n}\n");
    assertEquals("{\"a\":[1,2.5],\"b\":{\"c\":null}}", Settings.read(file).tree().toString());
  }

  @Test
  void anEmptyTextHasNoSettings() {
    assertEquals("{}", tree(""));
    assertEquals("{}", tree("# nothing\n"));
  }

  @Test
  void anchorsMayRepeatAPart() {
    assertEquals("{\"a\":{\"b\":1},\"c\":{\"b\":1}}", tree("a: &x {b: 1}\nc: *x\n"));
    assertEquals("file:1:4: a: contains itself; write it out", message("a: &x [*x]"));
  }

  @Test
  void duplicateKeysAreErrors() {
    assertEquals(
        "file:3:3: a.b: was given before, at file:2:3; remove one of them",
        message("a:\n  b: 1\n  b: 2\n"));
  }

  @Test
  void whatIsNeitherYamlNorJsonIsAnErrorWithItsPlace() {
    assertTrue(
        message("a: [1, 2\nb: 3\n").startsWith("file:2:2: is neither YAML nor JSON: "),
        message("a: [1, 2\nb: 3\n"));
    assertEquals("file:1:4: a: has the tag !x; leave it out", message("a: !x y"));
    assertEquals("file:2:3: a: has a key that is no name", message("a:\n  [b]: 1\n"));
    assertEquals("file: holds a list; settings are keys and values, as in seed: 1", message("[1]"));
  }

  @Test
  void filesThatCannotBeReadAreErrors(@TempDir Path folder) throws IOException {
    Path absent = folder.resolve("absent.yaml");
    var error = assertThrows(InvalidInputException.class, () -> Settings.read(absent));
    assertEquals(
        absent + ": cannot be read (java.nio.file.NoSuchFileException: " + absent + ")",
        error.getMessage());
    Path latin = folder.resolve("latin.yaml");
    Files.write(latin, new byte[] {'a', ':', ' ', (byte) 0xe4});
    assertEquals(
        latin + ": is not UTF-8; save it as such",
        assertThrows(InvalidInputException.class, () -> Settings.read(latin)).getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {a: 1}              | a=2           | {"a":2}
          {a: 1}              | b.c.d=x       | {"a":1,"b":{"c":{"d":"x"}}}
          {a: {b: 1, c: 2}}   | a={b: 3}      | {"a":{"b":3}}
          {a: [1, 2]}         | a.1=3         | {"a":[1,3]}
          {a: [1, 2]}         | a.2=3         | {"a":[1,2,3]}
          {a: [1, 2]}         | a=[]          | {"a":[]}
          {a: [{b: 1}]}       | a.0.b=2       | {"a":[{"b":2}]}
          {}                  | a.0.b=2       | {"a":[{"b":2}]}
          {a: 1}              | a=            | {"a":null}
          {}                  | a=*.txt       | {"a":"*.txt"}
          {}                  | a=x=y         | {"a":"x=y"}
          {}                  | a=1e-3        | {"a":0.001}
          {}                  | a='1'         | {"a":"1"}
          """)
  void assignmentsChangeSettings(String text, String assignment, String tree) {
    assertEquals(tree, tree(text, assignment));
  }

  @Test
  void assignmentsLeaveTheOriginalAlone() {
    Settings settings = Settings.parse("{a: {b: 1}}", "file");
    settings.with(List.of("a.b=2"));
    assertEquals("{\"a\":{\"b\":1}}", settings.tree().toString());
  }

  @Test
  void assignmentsThatLeadNowhereAreErrors() {
    assertEquals(
        "--set: \"steps\" is no KEY=VALUE, such as train.stop.steps=200", message("", "steps"));
    assertEquals(
        "--set a.5=1: a: is a list of 2; \"5\" is none of its elements, counted from 0, nor the"
            + " next",
        message("a: [1, 2]", "a.5=1"));
    assertEquals(
        "--set a.b=1: a: is the number 3 and has no \"b\"; set it as a whole",
        message("a: 3", "a.b=1"));
    assertTrue(message("", "a=[1").startsWith("--set a=[1: is neither YAML nor JSON: "));
  }
}
