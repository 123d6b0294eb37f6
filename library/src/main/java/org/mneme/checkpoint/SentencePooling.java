package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;
import org.mneme.model.Pooling;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// How a sentence-transformers folder says that texts become vectors: `modules.json` and
/// `1_Pooling/config.json`.
///
/// @param normalize whether vectors are scaled to length 1
public record SentencePooling(Pooling pooling, boolean normalize) {
  private static final String MODULES = "modules.json";
  private static final String POOLING = "1_Pooling/config.json";

  /// What `folder` says; the mean, scaled to length 1, where it says nothing.
  public static SentencePooling of(Path folder) {
    Pooling pooling = Pooling.MEAN;
    if (Files.exists(folder.resolve(POOLING))) {
      JsonNode json = JsonFiles.readObject(folder.resolve(POOLING), Kind.CONFIG);
      boolean cls =
          json.path("pooling_mode_cls_token").asBoolean(false)
              || json.path("pooling_mode").asString("").equals("cls");
      pooling = cls ? Pooling.CLS : Pooling.MEAN;
    }
    boolean normalize = true;
    if (Files.exists(folder.resolve(MODULES))) {
      normalize =
          modules(folder.resolve(MODULES))
              .valueStream()
              .anyMatch(module -> module.path("type").asString("").endsWith("Normalize"));
    }
    return new SentencePooling(pooling, normalize);
  }

  private static JsonNode modules(Path file) {
    try {
      return JsonMapper.shared().readTree(Files.readString(file));
    } catch (IOException | JacksonException e) {
      throw new InvalidInputException(
          Kind.CONFIG,
          file.toString(),
          file + ": cannot be read as JSON (" + e.getMessage() + ")",
          e);
    }
  }
}
