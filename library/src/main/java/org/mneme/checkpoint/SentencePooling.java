package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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
  private static final String MODE = "pooling_mode_";

  /// What `folder` says; the mean, scaled to length 1, where it says nothing.
  ///
  /// @throws InvalidInputException of kind CONFIG when it asks for another pooling, whose vectors
  ///   ours would not be
  public static SentencePooling of(Path folder) {
    Path file = folder.resolve(POOLING);
    Pooling pooling =
        Files.exists(file) ? pooling(file, JsonFiles.readObject(file, Kind.CONFIG)) : Pooling.MEAN;
    boolean normalize = true;
    if (Files.exists(folder.resolve(MODULES))) {
      normalize =
          modules(folder.resolve(MODULES))
              .valueStream()
              .anyMatch(module -> module.path("type").asString("").endsWith("Normalize"));
    }
    return new SentencePooling(pooling, normalize);
  }

  /// Older files have a switch for each mode, newer ones name it.
  private static Pooling pooling(Path file, JsonNode json) {
    Set<String> modes = new TreeSet<>();
    for (Map.Entry<String, JsonNode> entry : json.properties()) {
      if (entry.getKey().startsWith(MODE) && entry.getValue().asBoolean(false)) {
        modes.add(
            entry.getKey().substring(MODE.length()).replace("_tokens", "").replace("_token", ""));
      }
    }
    if (json.path("pooling_mode").isString()) {
      modes = Set.of(json.path("pooling_mode").asString());
    }
    if (modes.isEmpty() || modes.equals(Set.of("mean"))) {
      return Pooling.MEAN;
    }
    if (modes.equals(Set.of("cls"))) {
      return Pooling.CLS;
    }
    throw new InvalidInputException(
        Kind.CONFIG,
        file.toString(),
        file + ": pooling " + String.join(" + ", modes) + " is not supported, only mean or cls");
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
