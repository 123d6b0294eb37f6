package org.mneme.checkpoint;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mneme.InvalidInputException;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.BertConfig;
import org.mneme.model.HeadConfig;
import org.mneme.model.TaskKind;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The head that a model is loaded with.
sealed interface Head {
  /// No head: a bare encoder. Causal models always score words.
  record None() implements Head {}

  /// A head that scores words.
  record Words() implements Head {}

  /// The task head of the folder.
  record SavedTask(HeadConfig config) implements Head {}

  /// A freshly drawn task head.
  record NewTask(HeadConfig config) implements Head {}

  /// The head that the folder with this `config.json` has.
  static Head saved(JsonNode json) {
    if (hasWords(json)) {
      return new Words();
    }
    return task(json).<Head>map(SavedTask::new).orElseGet(None::new);
  }

  static boolean hasWords(JsonNode json) {
    return json.path("architectures")
        .valueStream()
        .anyMatch(name -> name.asString("").endsWith("ForMaskedLM"));
  }

  /// Of causal models only the base is read from folders with task heads.
  private static Optional<HeadConfig> task(JsonNode json) {
    return ArchitectureConfig.fromJson(json).causal() ? Optional.empty() : HeadConfig.in(json);
  }

  /// The task head that the folder has.
  static Head savedTask(Path folder, JsonNode json) {
    return task(json).map(SavedTask::new).orElseThrow(() -> withoutTask(folder, json));
  }

  /// The task head that the folder has if it answers like `wanted`, else a new one.
  static Head savedOrNew(Path folder, JsonNode json, HeadConfig wanted) {
    HeadConfig saved = task(json).orElse(null);
    if (saved == null || saved.kind() != wanted.kind()) {
      return new NewTask(wanted);
    }
    if (!saved.answersLike(wanted)) {
      throw InvalidInputException.config(
          "id2label",
          ("the head of %s is %s; asked for is %s. If the labels mean the same, rename them under"
               + " id2label in its config.json; else ask for a new head, or take the encoder that"
               + " it was made from")
              .formatted(folder, saved.description(), wanted.description()));
    }
    return new SavedTask(saved);
  }

  /// The error for a folder without a task head.
  static InvalidInputException withoutTask(Path folder, JsonNode json) {
    return InvalidInputException.config(
        "architectures",
        "%s has no head for a task (%s); train one, or take a folder whose architecture ends in %s"
            .formatted(
                folder,
                json.path("architectures"),
                Arrays.stream(TaskKind.values())
                    .map(TaskKind::suffix)
                    .collect(Collectors.joining(" or "))));
  }

  /// Throws where this is a head for a task, which causal models have none of.
  default void requireNoTask() {
    switch (this) {
      case None _, Words _ -> {}
      case SavedTask _, NewTask _ ->
          throw InvalidInputException.config(
              "model_type", "is a causal model; task heads need an encoder, such as a BERT");
    }
  }

  /// Whether the tensor `name` of the model is drawn even if the folder has one of that name:
  /// another task's.
  default boolean isNew(ArchitectureConfig config, String name) {
    return this instanceof NewTask(HeadConfig task)
        && config instanceof BertConfig encoder
        && task.isHead(encoder.family(), name);
  }

  /// Whether the tensor `name` of the model may be drawn where the folder has none.
  default boolean mayBeNew(ArchitectureConfig config, String name) {
    return isNew(config, name)
        || (this instanceof NewTask && name.startsWith(config.basePrefix() + "pooler."));
  }

  /// Makes `json` describe a head that the folder does not have.
  default void writeTo(ObjectNode json, ArchitectureConfig config) {
    if (this instanceof NewTask(HeadConfig task) && config instanceof BertConfig encoder) {
      task.writeTo(json, encoder.family());
    }
  }
}
