package org.mneme.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mneme.config.Form.Choice;
import org.mneme.config.Form.Flag;
import org.mneme.config.Form.Group;
import org.mneme.config.Form.Many;
import org.mneme.config.Form.Named;
import org.mneme.config.Form.Real;
import org.mneme.config.Form.Text;
import org.mneme.config.Form.Union;
import org.mneme.config.Form.Whole;
import org.mneme.run.RunConfig;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/// The tables of `docs/reference/config.md` are those of the records; `-Dconfig.update` writes
/// them.
class ReferenceTest {
  private static final Path REFERENCE =
      Path.of(System.getProperty("project.root"), "docs", "reference", "config.md");
  private static final String MARKER = "<!-- Below: written by ReferenceTest -->\n";

  /// A setting in the reference.
  private record Row(String key, String type, String usual, String sentence) {
    String line() {
      return "| `%s` | %s | %s | %s |\n".formatted(key, type, usual, sentence.replace("|", "\\|"));
    }
  }

  private static List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    collect(Reflection.group(RunConfig.class), null, "", rows);
    return rows;
  }

  private static void collect(Group group, Object outer, String path, List<Row> rows) {
    Object base = group.type().isInstance(outer) ? outer : group.usual();
    Usual.values(group, outer)
        .forEach((key, usual) -> {
          String name = YamlReader.join(path, key.name());
          rows.add(new Row(name, type(key.form()), usual(usual), key.sentence()));
          inside(key.form(), Binder.usual(key, base), name, rows);
        });
  }

  private static void inside(Form form, Object outer, String path, List<Row> rows) {
    switch (form) {
      case Group group -> collect(group, outer, path, rows);
      case Many(Form element) -> inside(element, null, path + "[]", rows);
      case Named(Form element) -> inside(element, null, path + ".NAME", rows);
      case Union union ->
          union
              .variants()
              .forEach((name, variant) -> collect(variant, outer, path + "(" + name + ")", rows));
      default -> {}
    }
  }

  private static String usual(Optional<JsonNode> value) {
    return value
        .map(node ->
            switch (node) {
              case NullNode _ -> "absent";
              case ObjectNode part ->
                  part.has("type") ? "`" + part.get("type").asString() + "`" : "";
              default -> "`" + YamlWriter.flow(node) + "`";
            })
        .orElse("required");
  }

  private static String type(Form form) {
    return switch (form) {
      case Text() -> "text";
      case Whole _ -> "integer";
      case Real() -> "number";
      case Flag() -> "true or false";
      case Choice choice -> "`" + String.join("`, `", choice.names()) + "`";
      case Many(Form element) -> "list: " + type(element);
      case Named(Form element) -> "names with: " + type(element);
      case Group group -> group.shorthand() == null ? "keys" : "text or keys";
      case Union union -> "type: `" + String.join("`, `", union.names()) + "`";
    };
  }

  @Test
  void everyKeySaysWhatItMeans() {
    List<Row> rows = rows();
    assertTrue(rows.size() > 50, rows.size() + " keys");
    assertEquals(
        List.of(), rows.stream().filter(row -> row.sentence().isBlank()).map(Row::key).toList());
    assertEquals(
        List.of(),
        rows.stream().filter(row -> !row.sentence().endsWith(".")).map(Row::key).toList());
  }

  @Test
  void theReferenceHoldsEveryKey() throws IOException {
    StringBuilder table =
        new StringBuilder("\n| key | type | default | meaning |\n|---|---|---|---|\n");
    rows().forEach(row -> table.append(row.line()));
    String reference = Files.readString(REFERENCE);
    String byHand = reference.substring(0, reference.indexOf(MARKER) + MARKER.length());
    if (System.getProperty("config.update") != null) {
      Files.writeString(REFERENCE, byHand + table);
    }
    assertEquals(
        byHand + table,
        Files.readString(REFERENCE),
        "mvn test -Dtest=ReferenceTest -Dconfig.update writes " + REFERENCE);
  }
}
