package org.mneme.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.mneme.data.task.AnswerSpans;
import org.mneme.data.task.AnswersConfig;
import org.mneme.data.task.ChoiceFeatures;
import org.mneme.data.task.QuestionExample;
import org.mneme.data.task.QuestionFeatures;
import org.mneme.data.task.SequenceFeatures;
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

/// How good a model's answers to a task are, by the metrics that the field uses for it. Examples
/// whose answer nobody knows count for nothing.
final class TaskScores {
  private TaskScores() {}

  /// @param rows scores of every row, `[outputs]` or `[time * outputs]`
  /// @param labels names of the head's labels; none for questions and choices
  static Scores<?> of(
      TaskFeatures features, List<float[]> rows, List<String> labels, AnswersConfig answers) {
    return switch (features) {
      case SequenceFeatures texts -> sequences(texts, rows, labels.size());
      case TaggedFeatures texts -> tagged(texts, rows, labels);
      case QuestionFeatures questions -> questions(questions, rows, answers);
      case ChoiceFeatures choices -> choices(choices, rows);
    };
  }

  private static TaskTargets targets(TaskFeatures features) {
    int groups = features.rows().size() / features.rowsPerGroup();
    return features.targets(IntStream.range(0, groups).toArray(), 1);
  }

  private static Scores<?> sequences(SequenceFeatures texts, List<float[]> rows, int labels) {
    return switch (targets(texts)) {
      case TaskTargets.Labels(long[] gold) -> oneOf(labels, gold, rows);
      case TaskTargets.LabelSets(float[] gold, int _) -> anyOf(labels, gold, rows);
      case TaskTargets.Scores(float[] gold) -> numbers(gold, rows);
      case TaskTargets.TokenLabels _, TaskTargets.Spans _ ->
          throw new IllegalStateException("a text has one answer");
    };
  }

  private static ClassificationScores oneOf(int classes, long[] gold, List<float[]> rows) {
    var scores = new ClassificationScores(classes);
    for (int i = 0; i < gold.length; i++) {
      if (gold[i] != TaskFeatures.IGNORED) {
        scores.add((int) gold[i], best(rows.get(i), 0, classes));
      }
    }
    return scores;
  }

  private static MultiLabelScores anyOf(int labels, float[] gold, List<float[]> rows) {
    var scores = new MultiLabelScores(labels);
    for (int i = 0; i < rows.size(); i++) {
      if (!Float.isNaN(gold[i * labels])) {
        boolean[] right = new boolean[labels];
        boolean[] said = new boolean[labels];
        for (int label = 0; label < labels; label++) {
          right[label] = gold[i * labels + label] == 1;
          said[label] = rows.get(i)[label] > 0; // a probability above one half
        }
        scores.add(right, said);
      }
    }
    return scores;
  }

  private static RegressionScores numbers(float[] gold, List<float[]> rows) {
    var scores = new RegressionScores();
    for (int i = 0; i < gold.length; i++) {
      if (!Float.isNaN(gold[i])) {
        scores.add(gold[i], rows.get(i)[0]);
      }
    }
    return scores;
  }

  private static Scores<?> tagged(TaggedFeatures texts, List<float[]> rows, List<String> labels) {
    int[][] said = words(texts, rows, labels.size());
    return labels.stream().allMatch(Entity::isTag)
        ? entities(texts, said, labels)
        : wordByWord(texts, said, labels.size());
  }

  /// The best label of each word of each example.
  static int[][] words(TaggedFeatures texts, List<float[]> rows, int labels) {
    int[][] said = new int[texts.examples()][];
    Arrays.setAll(said, example -> new int[texts.labels(example).length]);
    for (int row = 0; row < rows.size(); row++) {
      int[] words = texts.words(row);
      for (int k = 0; k < words.length; k++) {
        said[texts.rows().example(row)][words[k]] =
            best(rows.get(row), texts.places(row)[k] * labels, labels);
      }
    }
    return said;
  }

  private static EntityScores entities(TaggedFeatures texts, int[][] said, List<String> labels) {
    var scores = new EntityScores();
    for (int example = 0; example < said.length; example++) {
      int[] gold = texts.labels(example);
      if (IntStream.of(gold).noneMatch(label -> label == TaskFeatures.IGNORED)) {
        scores.add(
            IntStream.of(gold).mapToObj(labels::get).toList(),
            IntStream.of(said[example]).mapToObj(labels::get).toList());
      }
    }
    return scores;
  }

  private static ClassificationScores wordByWord(TaggedFeatures texts, int[][] said, int classes) {
    var scores = new ClassificationScores(classes);
    for (int example = 0; example < said.length; example++) {
      int[] gold = texts.labels(example);
      for (int word = 0; word < gold.length; word++) {
        if (gold[word] != TaskFeatures.IGNORED) {
          scores.add(gold[word], said[example][word]);
        }
      }
    }
    return scores;
  }

  private static AnswerScores questions(
      QuestionFeatures questions, List<float[]> rows, AnswersConfig config) {
    var scores = new AnswerScores();
    List<String> found = answers(questions, rows, config);
    for (int i = 0; i < found.size(); i++) {
      QuestionExample example = questions.example(i);
      scores.add(
          example.answers().stream().map(QuestionExample.Answer::text).toList(), found.get(i));
    }
    return scores;
  }

  /// The best answer to each question.
  static List<String> answers(
      QuestionFeatures questions, List<float[]> rows, AnswersConfig config) {
    var spans = new AnswerSpans(questions, config);
    List<String> found = new ArrayList<>();
    for (int example = 0; example < questions.examples(); example++) {
      int first = questions.firstRow(example);
      List<float[]> own = rows.subList(first, first + questions.rowCount(example));
      found.add(
          spans
              .find(
                  example,
                  own.stream().map(row -> everySecond(row, 0)).toList(),
                  own.stream().map(row -> everySecond(row, 1)).toList())
              .text());
    }
    return found;
  }

  private static float[] everySecond(float[] row, int from) {
    float[] half = new float[row.length / 2];
    for (int i = 0; i < half.length; i++) {
      half[i] = row[2 * i + from];
    }
    return half;
  }

  private static ClassificationScores choices(ChoiceFeatures choices, List<float[]> rows) {
    int count = choices.choices();
    long[] gold = ((TaskTargets.Labels) targets(choices)).labels();
    var scores = new ClassificationScores(count);
    for (int i = 0; i < gold.length; i++) {
      if (gold[i] != TaskFeatures.IGNORED) {
        scores.add((int) gold[i], choice(rows, i * count, count));
      }
    }
    return scores;
  }

  /// Which of the rows from `first` on scores best, the first of equals.
  static int choice(List<float[]> rows, int first, int count) {
    int best = 0;
    for (int i = 1; i < count; i++) {
      best = rows.get(first + i)[0] > rows.get(first + best)[0] ? i : best;
    }
    return best;
  }

  /// The place of the largest of `count` numbers from `from` on, the first of equals.
  static int best(float[] numbers, int from, int count) {
    int best = 0;
    for (int i = 1; i < count; i++) {
      best = numbers[from + i] > numbers[from + best] ? i : best;
    }
    return best;
  }
}
