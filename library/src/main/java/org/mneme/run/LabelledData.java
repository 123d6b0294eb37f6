package org.mneme.run;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.InvalidInputException.Kind;
import org.mneme.checkpoint.Checkpoint;
import org.mneme.checkpoint.ModelFolder;
import org.mneme.data.Corpus;
import org.mneme.data.DataConfig;
import org.mneme.data.task.LabelSet;
import org.mneme.data.task.Target;
import org.mneme.data.task.TaskEncoder;
import org.mneme.data.task.TaskFeatures;
import org.mneme.data.task.TaskReader;
import org.mneme.data.task.TaskReading;
import org.mneme.data.task.TaskRows;
import org.mneme.data.task.TaskType;
import org.mneme.metric.Entity;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.HeadConfig;
import org.mneme.train.ObjectiveConfig;

/// Labelled examples as rows of tokens, in memory, and the head that answers as they do.
///
/// @param task how they are read and answered
/// @param head with labels by the ids that the rows have
/// @param dev held-out examples, null for none
public record LabelledData(
    ObjectiveConfig.Task task,
    HeadConfig head,
    TaskFeatures train,
    @Nullable TaskFeatures dev,
    String fingerprint)
    implements RunData {

  /// Reads the examples of `data`.
  static LabelledData open(
      RunConfig config,
      ObjectiveConfig.Task task,
      DataConfig data,
      Corpus.Tokenising how,
      Optional<Checkpoint> begin) {
    Path folder = begin.map(Checkpoint::folder).orElseGet(() -> folder(config.model()));
    var json = ModelFolder.readConfig(folder);
    Optional<HeadConfig> saved = HeadConfig.in(json);
    HeadConfig head;
    if (begin.isPresent() && saved.isPresent()) {
      head = saved.get();
      requireSameTask(task, head, folder);
    } else {
      HeadConfig wanted = wanted(task, data);
      head = task.newHead() ? wanted : saved.filter(wanted::answersLike).orElse(wanted);
      requireSameOrder(task, head, folder);
    }
    int longest = RunModel.maxLength(config, ArchitectureConfig.fromJson(json));
    var encoder =
        new TaskEncoder(task.task(), head.labels(), how.tokenizer(), longest, task.stride());
    TaskReading training = reading(task, data, data.maxTrainSamples());
    TaskReading heldOut = reading(task, data, data.maxDevSamples());
    return new LabelledData(
        task,
        head,
        encoder.encode(data.train(), training, how.notes()),
        data.dev().isEmpty() ? null : encoder.encode(data.dev(), heldOut, how.notes()),
        RunData.fingerprint(task.columns(), data));
  }

  /// A run goes on with the head that it has.
  private static void requireSameTask(ObjectiveConfig.Task task, HeadConfig head, Path folder) {
    if (head.task() != task.task()) {
      throw InvalidInputException.config(
          "objective.task",
          "%s, but %s was trained for %s; start anew in another --out"
              .formatted(task.task().label(), folder, head.description()));
    }
    if (!task.labels().isEmpty() && !task.labels().equals(head.labels())) {
      throw InvalidInputException.config(
          "objective.labels",
          "%s, but %s was trained with %s; leave them out, or start anew in another --out"
              .formatted(task.labels(), folder, head.labels()));
    }
  }

  /// A head that the model has keeps the order of its labels.
  private static void requireSameOrder(ObjectiveConfig.Task task, HeadConfig head, Path folder) {
    if (!task.labels().isEmpty() && !task.labels().equals(head.labels())) {
      throw InvalidInputException.config(
          "objective.labels",
          "%s, but the head of %s has them in the order %s; leave them out, or set objective.newHead"
              .formatted(task.labels(), folder, head.labels()));
    }
  }

  private static Path folder(ModelConfig model) {
    return Path.of(String.valueOf(model.path()));
  }

  private static HeadConfig wanted(ObjectiveConfig.Task task, DataConfig data) {
    TaskType type = task.task();
    boolean told = !task.labels().isEmpty() || !type.usesLabels();
    return HeadConfig.of(type, told ? task.labels() : labels(task, data).names());
  }

  private static LabelSet labels(ObjectiveConfig.Task task, DataConfig data) {
    TaskReading reading = reading(task, data, 0); // the first examples may all have the same
    return switch (task.task()) {
      case TOKENS -> tags(TaskReader.tagged(data.train(), reading));
      case MULTI_LABEL ->
          LabelSet.of(TaskReader.sequences(data.train(), reading, Target.Kind.LABELS));
      case CLASSIFICATION, REGRESSION, QUESTIONS, CHOICE ->
          classes(TaskReader.sequences(data.train(), reading, Target.Kind.LABEL));
    };
  }

  private static LabelSet classes(TaskReader<?> training) {
    LabelSet labels = LabelSet.of(training);
    if (labels.size() == 1) {
      throw new InvalidInputException(
          Kind.DATA,
          "labels",
          "%s: all examples have the label '%s'; there have to be two labels or more"
              .formatted(training, labels.name(0)));
    }
    return labels;
  }

  /// Where one tag begins an entity, all others have to be tags of entities, too: else a typing
  /// error would make scores of words out of scores of entities.
  private static LabelSet tags(TaskReader<?> training) {
    LabelSet all = LabelSet.of(training);
    List<String> ofEntities = all.names().stream().filter(Entity::isTag).toList();
    if (ofEntities.size() == all.size() || all.names().stream().noneMatch(Entity::begins)) {
      return all;
    }
    LabelSet tags = new LabelSet(ofEntities);
    training.withLabels(tags).read(_ -> {}); // tells the place of another
    return tags;
  }

  private static TaskReading reading(ObjectiveConfig.Task task, DataConfig data, long most) {
    return TaskReading.DEFAULT
        .withColumns(task.columns())
        .withBadRecords(data.badRecords())
        .withLimit(most);
  }

  @Override
  public BitSet words() {
    BitSet words = new BitSet();
    add(train.rows(), words);
    if (dev != null) {
      add(dev.rows(), words);
    }
    return words;
  }

  private static void add(TaskRows rows, BitSet words) {
    for (int row = 0; row < rows.size(); row++) {
      for (int id : rows.ids(row)) {
        words.set(id);
      }
    }
  }

  /// Nothing is open.
  @Override
  public void close() {}
}
