package org.mneme.text;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToIntFunction;
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
      Set<String> seconds = secondTexts(tokenizer, cases);
      assertAll(
          cases.stream()
              .map(expected ->
                  () -> {
                    assertSingle(tokenizer, expected);
                    assertPair(tokenizer, expected, seconds);
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

  /// The cases hold the ids of a pair, but not its second text: whichever text gives those ids, of
  /// those that the cases' own ids decode to, is the one.
  private static void assertPair(Tokenizer tokenizer, JsonNode expected, Set<String> seconds) {
    String text = expected.path("text").stringValue();
    int[] ids = ints(expected, "pair_ids");
    Encoding actual =
        seconds.stream()
            .map(second -> tokenizer.encodePair(text, second, EncodingOptions.DEFAULT))
            .filter(pair -> Arrays.equals(pair.ids(), ids))
            .findFirst()
            .orElseThrow(() ->
                new AssertionError(
                    "no pair of \"%s\" and one of %s has the ids %s"
                        .formatted(text, seconds, Arrays.toString(ids))));
    assertInts(expected, "pair_types", actual.typeIds());
  }

  /// The texts of which the second part of each pair may have been made.
  private static Set<String> secondTexts(Tokenizer tokenizer, List<JsonNode> cases) {
    Set<String> texts = new LinkedHashSet<>();
    for (JsonNode expected : cases) {
      for (String key : List.of("pair", "pair_text", "text_pair", "second")) {
        if (expected.path(key).isString()) {
          texts.add(expected.path(key).stringValue());
        }
      }
      texts.add(tokenizer.decode(secondIds(tokenizer, expected), false));
    }
    // What every tokenizer's cases agree on covers a second text that one of them cannot restore.
    texts.add("second part");
    return texts;
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
