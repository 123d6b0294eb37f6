package org.mneme.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.mneme.data.task.AnswerCollector;
import org.mneme.data.task.AnswersConfig;
import org.mneme.data.task.ChoiceFeatures;
import org.mneme.data.task.QuestionExample;
import org.mneme.data.task.QuestionFeatures;
import org.mneme.data.task.SequenceFeatures;
import org.mneme.data.task.TagCollector;
import org.mneme.data.task.TaggedFeatures;
import org.mneme.data.task.TaskFeatures;
import org.mneme.data.task.TaskTargets;
import org.mneme.metric.AnswerScores;
import org.mneme.metric.ClassificationScores;
import org.mneme.metric.Entity;
import org.mneme.metric.EntityScores;
import org.mneme.metric.MultiLabelScores;
import org.mneme.metric.RegressionScores;
import org.mneme.metric.Scores;

/// How good a model's answers to a task are, by the metrics that the field uses for it, added up
/// while batches come in order. Examples whose answer nobody knows count for nothing.
final class TaskScores {
  private final Scores<?> scores;
  private final Consumer<TaskLogits> adding;

  private TaskScores(Scores<?> scores, Consumer<TaskLogits> adding) {
    this.scores = scores;
    this.adding = adding;
  }

  /// No answer yet.
  ///
  /// @param targets those of a batch
  /// @param labels names of the head's labels; none for questions and choices
  static TaskScores of(
      TaskFeatures features, TaskTargets targets, List<String> labels, AnswersConfig answers) {
    return switch (features) {
      case SequenceFeatures _ -> sequences(targets, labels.size());
      case TaggedFeatures texts -> tagged(texts, labels);
      case QuestionFeatures questions -> questions(questions, answers);
      case ChoiceFeatures choices -> oneOf(choices.choices());
    };
  }

  /// Takes the next batch.
  void add(TaskLogits part) {
    adding.accept(part);
  }

  /// Those so far.
  Scores<?> scores() {
    return scores;
  }

  private static TaskScores sequences(TaskTargets targets, int labels) {
    return switch (targets) {
      case TaskTargets.Labels _ -> oneOf(labels);
      case TaskTargets.LabelSets _ -> anyOf(labels);
      case TaskTargets.Scores _ -> numbers();
      case TaskTargets.TokenLabels _, TaskTargets.Spans _ ->
          throw new IllegalStateException("a text has one answer");
    };
  }

  /// One of as many classes as an example has scores: labels of a text, or choices.
  private static TaskScores oneOf(int classes) {
    var scores = new ClassificationScores(classes);
    return new TaskScores(
        scores,
        part -> {
          long[] gold = ((TaskTargets.Labels) part.batch().targets()).labels();
          int[] said = part.best(classes);
          for (int i = 0; i < gold.length; i++) {
            if (gold[i] != TaskFeatures.IGNORED) {
              scores.add((int) gold[i], said[i]);
            }
          }
        });
  }

  private static TaskScores anyOf(int labels) {
    var scores = new MultiLabelScores(labels);
    return new TaskScores(
        scores,
        part -> {
          float[] gold = ((TaskTargets.LabelSets) part.batch().targets()).indicators();
          for (int from = 0; from < gold.length; from += labels) {
            if (!Float.isNaN(gold[from])) {
              boolean[] right = new boolean[labels];
              boolean[] said = new boolean[labels];
              for (int label = 0; label < labels; label++) {
                right[label] = gold[from + label] == 1;
                said[label] = TaskLogits.isSaid(part.logits()[from + label]);
              }
              scores.add(right, said);
            }
          }
        });
  }

  private static TaskScores numbers() {
    var scores = new RegressionScores();
    return new TaskScores(
        scores,
        part -> {
          float[] gold = ((TaskTargets.Scores) part.batch().targets()).scores();
          for (int i = 0; i < gold.length; i++) {
            if (!Float.isNaN(gold[i])) {
              scores.add(gold[i], part.logits()[i]);
            }
          }
        });
  }

  private static TaskScores tagged(TaggedFeatures texts, List<String> labels) {
    boolean ofEntities = labels.stream().allMatch(Entity::isTag);
    var entities = new EntityScores();
    var words = new ClassificationScores(labels.size());
    TagCollector collector =
        new TagCollector(
            texts,
            (example, said) -> {
              int[] gold = texts.labels(example);
              int[] known =
                  IntStream.range(0, gold.length)
                      .filter(word -> gold[word] != TaskFeatures.IGNORED)
                      .toArray();
              if (!ofEntities) {
                Arrays.stream(known)
                    .filter(word -> said[word] != TaskFeatures.IGNORED)
                    .forEach(word -> words.add(gold[word], said[word]));
              } else if (known.length == gold.length) {
                entities.add(names(gold, labels), names(said, labels));
              }
            });
    return new TaskScores(
        ofEntities ? entities : words,
        part -> collector.add(part.batch(), part.best(labels.size())));
  }

  /// Of words without a token nothing is said.
  private static List<String> names(int[] indices, List<String> labels) {
    return Arrays.stream(indices)
        .mapToObj(index -> index == TaskFeatures.IGNORED ? Entity.OUTSIDE : labels.get(index))
        .toList();
  }

  private static TaskScores questions(QuestionFeatures questions, AnswersConfig config) {
    var scores = new AnswerScores();
    var collector =
        new AnswerCollector(
            questions,
            config,
            (example, answer) ->
                scores.add(
                    questions.example(example).answers().stream()
                        .map(QuestionExample.Answer::text)
                        .toList(),
                    answer.text()));
    return new TaskScores(scores, part -> collector.add(part.batch(), part.starts(), part.ends()));
  }
}
