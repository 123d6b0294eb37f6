package org.mneme.text;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GoldenFiles;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Every case that Hugging Face's own library printed: single texts, pairs and decoded text.
class TokenizerGoldenTest {
  static Stream<Path> folders() {
    return GoldenFiles.filesOfKind("tokenizer").stream()
        .filter(file -> file.endsWith("cases.json"))
        .map(file -> Objects.requireNonNull(file.getParent()));
  }

  @ParameterizedTest
  @MethodSource("folders")
  void tokensAreThoseOfTheReference(Path folder) {
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      List<JsonNode> cases = cases(folder);
      assertFalse(cases.isEmpty(), "no cases in " + folder);
      String second = secondText(tokenizer, cases);
      assertAll(
          cases.stream()
              .map(expected ->
                  () -> {
                    assertSingle(tokenizer, expected);
                    assertPair(tokenizer, expected, second);
                  }));
    }
  }

  private static void assertSingle(Tokenizer tokenizer, JsonNode expected) {
    String text = expected.path("text").stringValue();
    Encoding actual = tokenizer.encode(text);
    assertInts(expected, "ids", actual.ids());
    assertEquals(
        expected.path("tokens").valueStream().map(JsonNode::stringValue).toList(),
        actual.tokens(),
        () -> "tokens of " + text);
    assertInts(expected, "special", actual.specialTokensMask());
    assertInts(expected, "word_ids", actual.wordIds());
    List<List<Integer>> offsets =
        IntStream.range(0, actual.size())
            .mapToObj(i -> List.of(actual.offsets().starts()[i], actual.offsets().ends()[i]))
            .toList();
    assertEquals(
        expected
            .path("offsets")
            .valueStream()
            .map(span -> List.of(span.path(0).intValue(), span.path(1).intValue()))
            .toList(),
        offsets,
        () -> "offsets of " + text);
    assertEquals(
        expected.path("decoded").stringValue(),
        tokenizer.decode(actual.ids(), true),
        () -> "decoded " + text);
  }

  private static void assertPair(Tokenizer tokenizer, JsonNode expected, String fixedSecond) {
    String text = expected.path("text").stringValue();
    String second = expected.path("pair").asString(fixedSecond);
    Encoding actual = tokenizer.encodePair(text, second, EncodingOptions.DEFAULT);
    assertInts(expected, "pair_ids", actual.ids());
    assertInts(expected, "pair_types", actual.typeIds());
  }

  /// The second text of the pairs, which the cases do not hold: what most of their ids decode to.
  private static String secondText(Tokenizer tokenizer, List<JsonNode> cases) {
    Map<String, Long> texts =
        cases.stream()
            .map(expected -> tokenizer.decode(secondIds(tokenizer, expected), false))
            .collect(Collectors.groupingBy(text -> text, Collectors.counting()));
    return Collections.max(texts.entrySet(), Map.Entry.comparingByValue()).getKey();
  }

  /// The ids of the second text: those in the place where the second text of any pair stands.
  private static int[] secondIds(Tokenizer tokenizer, JsonNode expected) {
    int[] ids = ints(expected, "pair_ids");
    Encoding like =
        tokenizer.encodePair(
            expected.path("text").stringValue(), "any second text", EncodingOptions.DEFAULT);
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < like.size(); i++) {
      if (like.sequenceIds()[i] == 1) {
        places.add(i);
      }
    }
    int from = places.getFirst();
    int after = like.size() - 1 - places.getLast();
    return Arrays.copyOfRange(ids, from, Math.max(from, ids.length - after));
  }

  private static List<JsonNode> cases(Path folder) {
    JsonNode root = JsonMapper.shared().readTree(folder.resolve("cases.json"));
    return StreamSupport.stream(root.path("cases").spliterator(), false).toList();
  }

  private static void assertInts(JsonNode expected, String key, int[] actual) {
    assertEquals(
        Arrays.toString(ints(expected, key)),
        Arrays.toString(actual),
        () -> key + " of " + expected.path("text").stringValue());
  }

  private static int[] ints(JsonNode expected, String key) {
    ToIntFunction<JsonNode> number = value -> value.isNull() ? -1 : value.intValue();
    return expected.path(key).valueStream().mapToInt(number).toArray();
  }
}
