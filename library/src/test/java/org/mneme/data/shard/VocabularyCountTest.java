package org.mneme.data.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.InvalidInputException;
import org.mneme.data.BadRecordsConfig;
import org.mneme.data.SourceConfig;
import org.mneme.data.source.BadRecords;
import org.mneme.data.source.SourceFile;
import org.mneme.data.source.SourceFiles;
import org.mneme.text.Tokenizer;
import org.mneme.text.TokenizerCopies;
import org.mneme.text.VocabularyUse;

class VocabularyCountTest {
  @TempDir private Path temp;

  @Test
  void everyTokenCountsUntilTheStop() throws IOException {
    String line = "slots remember what the model forgets";
    Path file = Files.write(temp.resolve("a.txt"), Collections.nCopies(5000, line));
    List<SourceFile> files = SourceFiles.of(List.of(SourceConfig.of(file.toString())));
    try (Tokenizer tokenizer = Tokenizer.load(TokenizerCopies.resource("tokenizer_wordpiece"))) {
      int size = tokenizer.vocabulary().size();
      int[] ids = tokenizer.tokens(line).ids();
      VocabularyUse expected = new VocabularyUse(size);
      for (int i = 0; i < 5000; i++) {
        expected.add(ids);
      }
      BadRecords bad = new BadRecords(BadRecordsConfig.DEFAULT);
      List<Double> shares = new ArrayList<>();
      var count = new VocabularyCount(tokenizer, size, bad, () -> false);
      VocabularyUse use = count.count(files, (share, tokens, badRecords) -> shares.add(share));
      assertEquals(5000, count.documents());
      assertEquals(5000, shares.size());
      for (int id = 0; id < size; id++) {
        assertEquals(expected.count(id), use.count(id));
      }
      var stopped = new VocabularyCount(tokenizer, size, bad, () -> true);
      assertEquals(ids.length, stopped.count(files, Preparation.Progress.SILENT).tokens());
      assertThrows(
          InvalidInputException.class,
          () -> new VocabularyCount(tokenizer, size - 1, bad, () -> false));
    }
  }
}
