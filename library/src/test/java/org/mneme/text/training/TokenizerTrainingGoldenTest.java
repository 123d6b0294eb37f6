package org.mneme.text.training;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mneme.GoldenFiles;
import org.mneme.text.Tokenizer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Tokens that held-out text takes, beside those with tokenizers that Hugging Face's library was
/// trained to on the same text, which lies in the folder `shared` beside the project.
class TokenizerTrainingGoldenTest {
  private static final double MOST = 0.01; // of the tokens, more or fewer

  @TempDir private Path temp;

  static List<Map.Entry<String, JsonNode>> cases() throws IOException {
    Path file = GoldenFiles.filesOfKind("tokenizer_training").getFirst();
    return List.copyOf(
        JsonMapper.shared().readTree(Files.readString(file)).path("values").properties());
  }

  private static List<String> lines(String corpus, String split) throws IOException {
    Path file =
        Path.of(System.getProperty("project.root", "."), "../shared/data/lm", corpus)
            .resolve(split + ".txt.gz");
    Assumptions.assumeTrue(Files.exists(file), () -> "there is no " + file);
    try (var in = new GZIPInputStream(Files.newInputStream(file));
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      return reader.readAllLines();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void heldOutTextTakesAsManyTokens(Map.Entry<String, JsonNode> golden) throws IOException {
    String[] name = golden.getKey().split("/", -1);
    TokenizerKind kind = TokenizerKind.valueOf(name[1].toUpperCase(Locale.ROOT));
    String end = kind == TokenizerKind.BYTELEVEL ? "\n" : "";
    int size = golden.getValue().path("vocabulary").asInt();
    var trainer =
        new TokenizerTrainer(
            kind, new TokenizerTrainer.Settings(size, 1, kind == TokenizerKind.WORDPIECE));
    lines(name[0], "train").forEach(line -> trainer.add(line + end));
    for (var file : trainer.train().files().entrySet()) {
      Files.writeString(temp.resolve(file.getKey()), file.getValue());
    }
    long tokens = 0;
    try (Tokenizer tokenizer = Tokenizer.load(temp)) {
      for (String line : lines(name[0], "test")) {
        tokens += tokenizer.tokens(line + end).ids().length;
      }
    }
    long expected = golden.getValue().path("test_tokens").asLong();
    assertEquals(expected, tokens, MOST * expected, golden.getKey());
  }
}
