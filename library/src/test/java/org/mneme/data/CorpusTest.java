package org.mneme.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;
import org.mneme.data.BadRecordsConfig.Policy;
import org.mneme.data.BatchesConfig.Layout;
import org.mneme.data.shard.Preparation;
import org.mneme.data.shard.TokenCache;
import org.mneme.data.source.SourceFiles;
import org.mneme.text.Encoding;
import org.mneme.text.EncodingOptions;
import org.mneme.text.Tokenizer;
import org.mneme.text.TokenizerCopies;

class CorpusTest {
  private static final List<String> TEXTS =
      IntStream.range(0, 300).mapToObj(i -> "memory " + "slot ".repeat(i % 17) + i).toList();
  private static Tokenizer tokenizer;

  @TempDir private Path folder;

  @BeforeAll
  static void load() {
    tokenizer = Tokenizer.load(TokenizerCopies.resource("tokenizer_wordpiece"));
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  private DataConfig config(long most, SourceConfig... sources) {
    return new DataConfig(
        List.of(sources),
        List.of(),
        new BadRecordsConfig(Policy.SKIP, 0),
        BatchesConfig.DEFAULT,
        most,
        0,
        folder.resolve("cache").toString());
  }

  private Corpus open(DataConfig config) {
    return Corpus.train(config, tokenizer, Preparation.Progress.SILENT);
  }

  private SourceConfig texts() throws IOException {
    return SourceConfig.of(Files.write(folder.resolve("texts.txt"), TEXTS).toString());
  }

  @Test
  void linesOfACorpusAreThoseOfTheTokenizerCutToTheLimit() throws IOException {
    SourceConfig source = texts();
    try (Corpus corpus = open(config(0, source))) {
      Layouts layouts =
          Layouts.of(
              corpus.pools(),
              BatchesConfig.DEFAULT.withMaxLength(12),
              Frame.encoder(tokenizer, false),
              1);
      for (int i = 0; i < TEXTS.size(); i++) {
        Encoding expected =
            tokenizer.encode(TEXTS.get(i), EncodingOptions.DEFAULT.withMaxLength(12));
        TokenLine line = layouts.lines().line(i);
        assertArrayEquals(expected.ids(), line.ids());
        assertArrayEquals(expected.wordIds(), line.words());
      }
    }
  }

  @Test
  void textsAreTokenisedOnceAndShardsTakenAsTheyAre() throws IOException {
    SourceConfig source = texts();
    String first;
    try (Corpus corpus = open(config(0, source))) {
      first = corpus.fingerprint();
      assertEquals(300, corpus.documents());
    }
    assertEquals(1, cached());
    Path shards = folder.resolve("shards");
    var unused =
        new Preparation(
                tokenizer,
                SourceFiles.of(List.of(source)),
                Preparation.Settings.DEFAULT,
                shards,
                Preparation.Progress.SILENT)
            .run();
    try (Corpus again = open(config(0, source));
        Corpus prepared = open(config(0, SourceConfig.of(shards.toString())))) {
      assertEquals(first, again.fingerprint());
      assertEquals(first, prepared.fingerprint());
    }
    try (Corpus few = open(config(10, SourceConfig.of(shards.toString())));
        Corpus fewLines = open(config(10, source))) {
      assertEquals(10, few.documents());
      assertEquals(10, fewLines.documents());
      assertEquals(few.tokens(), fewLines.tokens());
      assertNotEquals(first, few.fingerprint());
    }
  }

  private long cached() throws IOException {
    try (var cached = Files.list(folder.resolve("cache"))) {
      return cached.filter(Files::isDirectory).count();
    }
  }

  @Test
  void aCorpusThatIsStoppedWhileItIsTokenisedGoesOnWithTheSourceUnderWay() throws IOException {
    Path more = Files.write(folder.resolve("more.txt"), TEXTS.subList(0, 50));
    DataConfig config = config(0, texts(), SourceConfig.of(more.toString()));
    int[] told = {0};
    Preparation.Progress progress = (_, _, _) -> told[0]++;
    var stopped =
        assertThrows(
            CancellationException.class,
            () ->
                Corpus.train(
                    config,
                    new Corpus.Tokenising(tokenizer, progress, () -> told[0] > 300, _ -> {})));
    assertTrue(String.valueOf(stopped.getMessage()).contains("more.txt"), stopped.getMessage());
    try (Corpus corpus = Corpus.train(config, tokenizer, progress)) {
      assertEquals(350, corpus.documents());
      assertEquals(301 + 50, told[0]);
    }
  }

  @Test
  void theCacheOfAnOpenCorpusStays() throws IOException {
    var cache = new TokenCache(folder.resolve("cache"), Duration.ZERO, 0);
    try (Corpus corpus = open(config(0, texts()))) {
      cache.clean();
      assertEquals(1, cached());
      assertEquals(300, corpus.documents());
    }
    cache.clean();
    assertEquals(0, cached());
  }

  @ParameterizedTest
  @ValueSource(strings = {"index.json", "tokens-00000.bin"})
  void aDamagedCacheIsTokenisedAnewAndSaidSo(String damaged) throws IOException {
    DataConfig config = config(0, texts());
    String fingerprint;
    try (Corpus corpus = open(config)) {
      fingerprint = corpus.fingerprint();
    }
    Path file;
    try (var all = Files.walk(folder.resolve("cache"))) {
      file = all.filter(path -> path.endsWith(damaged)).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    List<String> notes = new ArrayList<>();
    Preparation.Progress silent = Preparation.Progress.SILENT;
    try (Corpus corpus =
        Corpus.train(config, new Corpus.Tokenising(tokenizer, silent, () -> false, notes::add))) {
      assertEquals(fingerprint, corpus.fingerprint());
    }
    assertEquals(
        List.of(
            "The cache of %s is damaged (%s): it is tokenised anew"
                .formatted(folder.resolve("texts.txt"), file)),
        notes);
    try (Corpus corpus =
        Corpus.train(config, new Corpus.Tokenising(tokenizer, silent, () -> false, notes::add))) {
      assertEquals(300, corpus.documents());
      assertEquals(1, notes.size());
    }
  }

  @Test
  void shardsThatTheUserPreparedStayAsTheyAre() throws IOException {
    Path shards = folder.resolve("shards");
    var unused =
        new Preparation(
                tokenizer,
                SourceFiles.of(List.of(texts())),
                Preparation.Settings.DEFAULT,
                shards,
                Preparation.Progress.SILENT)
            .run();
    Path file = shards.resolve("tokens-00000.bin");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 64;
    Files.write(file, bytes);
    var error =
        assertThrows(
            InvalidInputException.class, () -> open(config(0, SourceConfig.of(shards.toString()))));
    assertEquals(file.toString(), error.key());
    assertTrue(error.getMessage().endsWith("prepare it again"), error.getMessage());
    assertArrayEquals(bytes, Files.readAllBytes(file));
  }

  private List<Path> marks() throws IOException {
    try (var all = Files.walk(folder.resolve("cache"))) {
      return all.filter(path -> path.getFileName().toString().startsWith(".use-")).toList();
    }
  }

  @Test
  void whereOnePartCannotBeClosedTheOthersAre() throws IOException {
    Path more = Files.write(folder.resolve("more.txt"), TEXTS.subList(0, 50));
    Corpus corpus = open(config(0, texts(), SourceConfig.of(more.toString())));
    assertEquals(2, marks().size());
    for (Path mark : marks()) { // neither can be removed
      Files.delete(mark);
      Files.createDirectory(mark);
      Files.writeString(mark.resolve("file"), "");
    }
    var error = assertThrows(InvalidInputException.class, corpus::close);
    assertEquals(1, error.getSuppressed().length);
  }

  @Test
  void maskedBatchesOfEveryLayoutRestoreTheTexts() throws IOException {
    try (Corpus corpus = open(config(0, texts()))) {
      for (Layout layout : Layout.values()) {
        var settings = new BatchesConfig(layout, 256, 32, true, true);
        MaskedBatches batches =
            MaskedBatches.of(corpus, settings, Masker.of(Masking.DEFAULT, tokenizer), tokenizer, 4);
        long tokens = 0;
        for (MaskedBatch batch : batches.inOrder()) {
          for (int i = 0; i < batch.targets(); i++) {
            assertEquals(1, batch.attentionMask()[(int) batch.targetPositions()[i]]);
          }
          tokens += batch.tokens();
        }
        assertTrue(layout == Layout.LINES || tokens >= corpus.tokens(), layout + " " + tokens);
        assertArrayEquals(
            batches.batch(77).inputIds(),
            MaskedBatches.of(corpus, settings, Masker.of(Masking.DEFAULT, tokenizer), tokenizer, 4)
                .batch(77)
                .inputIds());
      }
    }
  }

  @Test
  void sourcesOfOneWeightAreOnePool() throws IOException {
    SourceConfig source = texts();
    Path more = Files.writeString(folder.resolve("more.jsonl"), "{\"text\": \"slot\"}\n{}\n");
    try (Corpus corpus =
        open(config(0, source, SourceConfig.of(more.toString()), source.withWeight(2)))) {
      assertEquals(2, corpus.pools().size());
      assertEquals(301, corpus.pools().getFirst().documents().size());
      assertEquals(1, corpus.badRecords().size());
      assertEquals(601, corpus.documents());
    }
  }

  @Test
  void settingsThatNameNothingAreRefused() {
    var error = assertThrows(InvalidInputException.class, () -> open(config(0)));
    assertEquals("data.train", error.key());
    assertThrows(
        InvalidInputException.class,
        () -> Corpus.dev(config(0), tokenizer, Preparation.Progress.SILENT));
    assertThrows(InvalidInputException.class, () -> SourceConfig.of(" "));
    assertThrows(InvalidInputException.class, () -> SourceConfig.of("a").withWeight(0));
    assertThrows(InvalidInputException.class, () -> SourceConfig.of("a").withColumn(""));
    assertThrows(
        InvalidInputException.class, () -> new BatchesConfig(Layout.LINES, 10, 20, true, true));
    assertThrows(InvalidInputException.class, () -> BatchesConfig.DEFAULT.withMaxLength(3));
    assertThrows(InvalidInputException.class, () -> new BadRecordsConfig(Policy.LIMIT, -1));
    assertThrows(InvalidInputException.class, () -> config(-1));
  }
}
