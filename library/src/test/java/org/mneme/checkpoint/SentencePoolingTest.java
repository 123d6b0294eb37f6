package org.mneme.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.InvalidInputException;
import org.mneme.model.Pooling;

class SentencePoolingTest {
  private static final String MODULES =
      """
      [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
       {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}
       %s]
      """;
  private static final String NORMALIZE =
      ", {\"idx\": 2, \"name\": \"2\", \"path\": \"2_Normalize\","
          + " \"type\": \"sentence_transformers.models.Normalize\"}";

  @TempDir Path temp;

  private void modules(String more) throws IOException {
    Files.writeString(temp.resolve("modules.json"), MODULES.formatted(more));
  }

  private void pooling(String json) throws IOException {
    Files.createDirectories(temp.resolve("1_Pooling"));
    Files.writeString(temp.resolve("1_Pooling/config.json"), json);
  }

  @Test
  void aFolderThatSaysNothingHasNormalizedMeans() {
    assertEquals(new SentencePooling(Pooling.MEAN, true), SentencePooling.of(temp));
  }

  @Test
  void theFilesOfSentenceTransformersAreFollowed() throws IOException {
    modules("");
    pooling("{\"pooling_mode_cls_token\": false, \"pooling_mode_mean_tokens\": true}");
    assertEquals(new SentencePooling(Pooling.MEAN, false), SentencePooling.of(temp));
    modules(NORMALIZE);
    pooling(
        """
        {"word_embedding_dimension": 384, "pooling_mode_cls_token": true,
         "pooling_mode_mean_tokens": false, "pooling_mode_max_tokens": false}
        """);
    assertEquals(new SentencePooling(Pooling.CLS, true), SentencePooling.of(temp));
    pooling("{\"pooling_mode\": \"cls\"}");
    assertEquals(new SentencePooling(Pooling.CLS, true), SentencePooling.of(temp));
    pooling("{\"pooling_mode\": \"mean\"}");
    assertEquals(new SentencePooling(Pooling.MEAN, true), SentencePooling.of(temp));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"pooling_mode_max_tokens\": true, \"pooling_mode_mean_tokens\": false}",
        "{\"pooling_mode_mean_sqrt_len_tokens\": true}",
        "{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": true}",
        "{\"pooling_mode\": \"lasttoken\"}",
      })
  void anotherPoolingIsRefusedRatherThanReplaced(String json) throws IOException {
    pooling(json);
    var problem = assertThrows(InvalidInputException.class, () -> SentencePooling.of(temp));
    assertEquals(InvalidInputException.Kind.CONFIG, problem.kind());
    assertTrue(problem.getMessage().contains("1_Pooling"), problem.getMessage());
  }

  @Test
  void brokenFilesAreNamed() throws IOException {
    Files.writeString(temp.resolve("modules.json"), "[{");
    var problem = assertThrows(InvalidInputException.class, () -> SentencePooling.of(temp));
    assertEquals(InvalidInputException.Kind.CONFIG, problem.kind());
    assertTrue(problem.getMessage().contains("modules.json"), problem.getMessage());
  }
}
