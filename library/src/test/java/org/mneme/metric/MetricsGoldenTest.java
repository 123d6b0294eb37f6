package org.mneme.metric;

import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GoldenFiles;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class MetricsGoldenTest {
  private static final Set<String> ANSWERS = Set.of("type", "gold", "predicted");
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  static List<Path> files() {
    return GoldenFiles.filesOfKind("metrics");
  }

  @ParameterizedTest
  @MethodSource("files")
  void agreesWithTheLibrariesThatEverybodyUses(Path file) throws IOException {
    JsonNode cases = MAPPER.readTree(Files.readString(file)).get("cases");
    assertNotEquals(0, cases.size());
    for (JsonNode golden : cases) {
      Map<String, Double> figures = scores(golden).figures();
      List<String> names =
          golden.propertyNames().stream().filter(name -> !ANSWERS.contains(name)).toList();
      assertNotEquals(0, names.size());
      for (String name : names) {
        String key = camelCase(name);
        assertTrue(figures.containsKey(key), key + " is not in " + figures.keySet());
        double expected = golden.get(name).asDouble();
        double actual = figures.get(key);
        assertTrue(agree(expected, actual), () -> key + " is " + actual + " of " + golden);
      }
    }
  }

  /// SQuAD's figures were printed in float32, hence the relative part.
  private static boolean agree(double expected, double actual) {
    return Double.isNaN(expected)
        ? Double.isNaN(actual)
        : Math.abs(expected - actual) <= 1e-9 + 1e-7 * Math.abs(expected);
  }

  private static Scores<?> scores(JsonNode golden) {
    JsonNode gold = golden.get("gold");
    JsonNode predicted = golden.get("predicted");
    String type = golden.get("type").asString();
    return switch (type) {
      case "classification" -> classification(gold, predicted);
      case "regression" -> regression(gold, predicted);
      case "entities" -> entities(gold, predicted);
      case "squad" -> {
        var scores = new AnswerScores();
        scores.add(strings(gold), predicted.asString());
        yield scores;
      }
      default -> throw new AssertionError("no scores of the type " + type);
    };
  }

  private static Scores<?> classification(JsonNode gold, JsonNode predicted) {
    int classes = 2;
    for (int i = 0; i < gold.size(); i++) {
      classes = Math.max(classes, 1 + Math.max(gold.get(i).asInt(), predicted.get(i).asInt()));
    }
    var scores = new ClassificationScores(classes);
    for (int i = 0; i < gold.size(); i++) {
      scores.add(gold.get(i).asInt(), predicted.get(i).asInt());
    }
    return scores;
  }

  private static Scores<?> regression(JsonNode gold, JsonNode predicted) {
    var scores = new RegressionScores();
    for (int i = 0; i < gold.size(); i++) {
      scores.add(gold.get(i).asDouble(), predicted.get(i).asDouble());
    }
    return scores;
  }

  private static Scores<?> entities(JsonNode gold, JsonNode predicted) {
    var scores = new EntityScores();
    for (int i = 0; i < gold.size(); i++) {
      scores.add(strings(gold.get(i)), strings(predicted.get(i)));
    }
    return scores;
  }

  private static List<String> strings(JsonNode node) {
    return node.valueStream().map(JsonNode::asString).toList();
  }

  private static String camelCase(String name) {
    return Pattern.compile("_(.)")
        .matcher(name)
        .replaceAll(match -> match.group(1).toUpperCase(Locale.ROOT));
  }
}
