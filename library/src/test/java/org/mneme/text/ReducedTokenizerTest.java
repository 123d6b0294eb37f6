package org.mneme.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GoldenFiles;
import org.mneme.InvalidInputException;
import org.mneme.tensor.KeptRows;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReducedTokenizerTest {
  @TempDir private Path temp;

  static Stream<Path> folders() {
    return GoldenFiles.filesOfKind("tokenizer").stream()
        .filter(file -> file.endsWith("cases.json"))
        .map(file -> Objects.requireNonNull(file.getParent()));
  }

  private static List<String> texts(Path folder) {
    return JsonMapper.shared()
        .readTree(folder.resolve("cases.json"))
        .path("cases")
        .valueStream()
        .map(one -> one.path("text").stringValue())
        .toList();
  }

  private Path write(Map<String, byte[]> files) throws IOException {
    Path folder = Files.createTempDirectory(temp, "reduced");
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
    return folder;
  }

  private static boolean holds(KeptRows kept, int[] ids) {
    return Arrays.stream(ids).allMatch(kept::contains);
  }

  private static int[] mapped(KeptRows kept, int[] ids) {
    return Arrays.stream(ids).map(kept::place).toArray();
  }

  /// Fails unless every text whose tokens are kept has them still; returns how many do.
  private int assertSameTokens(Path folder, BitSet wanted, List<String> texts) throws IOException {
    try (Tokenizer whole = Tokenizer.load(folder)) {
      int size = whole.vocabulary().size();
      ReducedTokenizer reduced = ReducedTokenizer.of(folder, size, wanted);
      KeptRows kept = reduced.kept();
      int same = 0;
      try (Tokenizer small = Tokenizer.load(write(reduced.files()))) {
        assertEquals(kept.size(), small.vocabulary().size());
        assertEquals(kept.place(whole.padId()), small.padId());
        for (String text : texts) {
          Encoding before = whole.encode(text);
          Encoding after = small.encode(text);
          if (holds(kept, before.ids())) {
            same++;
            assertArrayEquals(mapped(kept, before.ids()), after.ids(), text);
            assertEquals(before.tokens(), after.tokens());
            assertArrayEquals(before.wordIds(), after.wordIds());
            assertEquals(whole.decode(before.ids(), true), small.decode(after.ids(), true));
          }
          for (int id : after.ids()) {
            assertTrue(id >= 0 && id < kept.size(), () -> text + ": " + id);
          }
        }
        int[] first = whole.encode(texts.getFirst()).ids();
        if (holds(kept, first)) {
          var options = EncodingOptions.DEFAULT;
          int[] pair = whole.encodePair(texts.getFirst(), texts.getFirst(), options).ids();
          assertArrayEquals(
              mapped(kept, pair),
              small.encodePair(texts.getFirst(), texts.getFirst(), options).ids());
        }
      }
      return same;
    }
  }

  @ParameterizedTest
  @MethodSource("folders")
  void textsOfKeptTokensHaveTheSameTokens(Path folder) throws IOException {
    List<String> texts = texts(folder);
    Random random = new Random(5);
    for (double share : new double[] {0.03, 0.3, 0.7, 1}) {
      BitSet used = new BitSet();
      int counted = 0;
      try (Tokenizer tokenizer = Tokenizer.load(folder)) {
        for (String text : texts) {
          if (random.nextDouble() < share) {
            counted++;
            Arrays.stream(tokenizer.tokens(text).ids()).forEach(used::set);
          }
        }
      }
      int same = assertSameTokens(folder, used, texts);
      assertTrue(same >= counted, same + " of " + counted);
    }
  }

  @ParameterizedTest
  @MethodSource("folders")
  void soDoTheyWithAnyTokens(Path folder) throws IOException {
    List<String> texts = texts(folder);
    List<String> words =
        texts.stream().flatMap(text -> Arrays.stream(text.split("\\s+"))).distinct().toList();
    Random random = new Random(6);
    for (int round = 0; round < 5; round++) {
      BitSet wanted = new BitSet();
      try (Tokenizer tokenizer = Tokenizer.load(folder)) {
        for (int id = 0; id < tokenizer.vocabulary().size(); id++) {
          wanted.set(id, random.nextDouble() < 0.2 + 0.15 * round);
        }
      }
      assertTrue(assertSameTokens(folder, wanted, words) > 10);
    }
  }

  @ParameterizedTest
  @MethodSource("folders")
  void allTokensAreTheSameFile(Path folder) throws IOException {
    try (Tokenizer whole = Tokenizer.load(folder)) {
      int size = whole.vocabulary().size();
      BitSet all = new BitSet();
      all.set(0, size);
      Path copy = write(ReducedTokenizer.of(folder, size, all).files());
      assertEquals(json(folder.resolve("tokenizer.json")), json(copy.resolve("tokenizer.json")));
    }
  }

  private static JsonNode json(Path file) {
    return JsonMapper.shared().readTree(file);
  }

  @Test
  void bytesSpellWhateverIsGone() throws IOException {
    Path folder = TokenizerCopies.resource("tokenizer_bytelevel");
    ReducedTokenizer reduced = ReducedTokenizer.of(folder, 1500, new BitSet());
    assertEquals(257, reduced.kept().size()); // the bytes and the end of the text
    try (Tokenizer small = Tokenizer.load(write(reduced.files()))) {
      for (String text : List.of("Slots remember.", "नदी", "\u0000\u001b 🐈\n")) {
        assertEquals(text, small.decode(small.encode(text).ids(), true));
      }
    }
  }

  @Test
  void filesBesideTheTokenizerAgreeWithIt() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("wordpiece"));
    Path file = TokenizerCopies.copy("tokenizer_wordpiece", folder);
    JsonNode vocabulary = json(file).path("model").path("vocab");
    String[] tokens = new String[vocabulary.size()];
    vocabulary.properties().forEach(token -> tokens[token.getValue().asInt()] = token.getKey());
    Files.writeString(folder.resolve("vocab.txt"), String.join("\n", tokens) + "\n");
    Files.writeString(folder.resolve("added_tokens.json"), "{\"[MASK]\": 4, \"gone\": 1000}");
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"pad_token\": \"[PAD]\", \"model_max_length\": 1e30, \"added_tokens_decoder\": {"
            + "\"4\": {\"content\": \"[MASK]\"}, \"1000\": {\"content\": \"gone\"},"
            + " \"1500\": {\"content\": \"x\"}}}");
    Files.writeString(folder.resolve("special_tokens_map.json"), "{\"mask_token\": \"[MASK]\"}");
    BitSet wanted = new BitSet();
    wanted.set(1500);
    Path small = write(ReducedTokenizer.of(folder, tokens.length, wanted).files());
    assertEquals(
        List.of(tokens[0], tokens[1], tokens[2], tokens[3], tokens[4], tokens[1500]),
        Files.readAllLines(small.resolve("vocab.txt")));
    assertEquals("{\"[MASK]\":4}", json(small.resolve("added_tokens.json")).toString());
    JsonNode config = json(small.resolve("tokenizer_config.json"));
    assertEquals(
        "{\"4\":{\"content\":\"[MASK]\"},\"5\":{\"content\":\"x\"}}",
        config.path("added_tokens_decoder").toString());
    assertEquals(1e30, config.path("model_max_length").asDouble());
    assertEquals(
        "{\"mask_token\":\"[MASK]\"}",
        Files.readString(small.resolve("special_tokens_map.json")).replace(" ", ""));
  }

  @Test
  void mergesOfAFileAreCutWithTheModel() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("bytelevel"));
    Path file = TokenizerCopies.copy("tokenizer_bytelevel", folder);
    JsonNode model = json(file).path("model");
    StringBuilder merges = new StringBuilder("#version: 0.2\n");
    model
        .path("merges")
        .forEach(merge ->
            merges
                .append(merge.path(0).asString())
                .append(' ')
                .append(merge.path(1).asString())
                .append('\n'));
    Files.writeString(folder.resolve("merges.txt"), merges);
    Files.writeString(folder.resolve("vocab.json"), model.path("vocab").toString());
    BitSet wanted = new BitSet();
    wanted.set(1400, 1500);
    Path small = write(ReducedTokenizer.of(folder, 1500, wanted).files());
    JsonNode cut = json(small.resolve("tokenizer.json")).path("model");
    assertEquals(cut.path("vocab"), json(small.resolve("vocab.json")));
    List<String> lines = Files.readAllLines(small.resolve("merges.txt"));
    assertEquals("#version: 0.2", lines.getFirst());
    assertEquals(
        cut.path("merges")
            .valueStream()
            .map(merge -> merge.path(0).asString() + " " + merge.path(1).asString())
            .toList(),
        lines.subList(1, lines.size()));
    assertTrue(lines.size() > 100 && lines.size() < 1000, () -> lines.size() + " merges");
  }

  @Test
  void placesOfAddedTokensMove() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("template"));
    Path file = TokenizerCopies.copy("tokenizer_wordpiece", folder);
    String text = Files.readString(file);
    var tokenizer = TokenizerJson.read(file);
    tokenizer.set(
        "post_processor",
        JsonMapper.shared()
            .readTree(
                "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\":"
                    + " \"end\", \"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\", \"type_id\":"
                    + " 0}}], \"pair\": [{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}},"
                    + " {\"Sequence\": {\"id\": \"B\", \"type_id\": 1}}], \"special_tokens\":"
                    + " {\"end\": {\"id\": \"end\", \"ids\": [700], \"tokens\": [\"end\"]}}}"));
    Files.write(file, TokenizerJson.write(tokenizer));
    assertTrue(text.contains("BertProcessing"));
    ReducedTokenizer reduced = ReducedTokenizer.of(folder, 1552, new BitSet());
    assertEquals(new KeptRows(1552, 0, 1, 2, 3, 4, 700), reduced.kept());
    try (Tokenizer small = Tokenizer.load(write(reduced.files()))) {
      assertArrayEquals(new int[] {5}, small.encode("").ids());
    }
  }

  @Test
  void whatCannotBeCutIsRefused() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("suffix"));
    Path file = TokenizerCopies.copy("tokenizer_bytelevel", folder);
    String text = Files.readString(file);
    Files.writeString(
        file,
        text.replaceFirst("\"end_of_word_suffix\": *null", "\"end_of_word_suffix\": \"</w>\""));
    InvalidInputException refused =
        assertThrows(
            InvalidInputException.class, () -> ReducedTokenizer.of(folder, 1500, new BitSet()));
    assertTrue(String.valueOf(refused.getMessage()).contains("end_of_word_suffix"));
    assertThrows(
        InvalidInputException.class,
        () ->
            ReducedTokenizer.of(
                TokenizerCopies.resource("tokenizer_bytelevel"), 200, new BitSet()));
  }
}
