package org.mneme.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.mneme.data.task.AnswerCollector;
import org.mneme.data.task.AnswersConfig;
import org.mneme.data.task.ChoiceFeatures;
import org.mneme.data.task.QuestionFeatures;
import org.mneme.data.task.SequenceFeatures;
import org.mneme.data.task.TagCollector;
import org.mneme.data.task.TaggedFeatures;
import org.mneme.data.task.TaskBatch;
import org.mneme.data.task.TaskFeatures;
import org.mneme.evaluate.TaskLogits;
import org.mneme.metric.Entity;
import org.mneme.model.HeadConfig;

/// From what a head gave for all rows of some examples to what it says about each: what
/// [org.mneme.evaluate.TaskEvaluation] compares with gold answers.
final class Predictions {
  private Predictions() {}

  /// @param parts all batches in order
  static List<Prediction> of(
      TaskFeatures features, List<TaskLogits> parts, HeadConfig head, AnswersConfig answers) {
    return switch (features) {
      case SequenceFeatures _ ->
          parts.stream().flatMap(part -> sequences(part, head).stream()).toList();
      case TaggedFeatures texts -> tagged(texts, parts, head.labels());
      case QuestionFeatures questions -> questions(questions, parts, answers);
      case ChoiceFeatures all ->
          parts.stream().flatMap(part -> choices(part, all.choices()).stream()).toList();
    };
  }

  private static List<Prediction> sequences(TaskLogits part, HeadConfig head) {
    int count = head.labels().size();
    int[] best = part.best(count);
    List<Prediction> predictions = new ArrayList<>();
    for (int i = 0; i < best.length; i++) {
      float[] logits = Arrays.copyOfRange(part.logits(), i * count, (i + 1) * count);
      predictions.add(
          switch (head.problem()) {
            case SINGLE_LABEL ->
                new Prediction.Label(
                    head.labels().get(best[i]), byLabel(head.labels(), softmax(logits)));
            case MULTI_LABEL -> labels(head.labels(), logits);
            case REGRESSION -> numbers(head.labels(), logits);
          });
    }
    return predictions;
  }

  private static Prediction labels(List<String> labels, float[] logits) {
    List<String> said =
        IntStream.range(0, logits.length)
            .filter(label -> TaskLogits.isSaid(logits[label]))
            .mapToObj(labels::get)
            .toList();
    double[] probabilities =
        IntStream.range(0, logits.length)
            .mapToDouble(label -> 1 / (1 + Math.exp(-logits[label])))
            .toArray();
    return new Prediction.Labels(said, byLabel(labels, probabilities));
  }

  private static Prediction numbers(List<String> labels, float[] logits) {
    Map<String, Float> scores = new LinkedHashMap<>();
    for (int i = 0; i < logits.length; i++) {
      scores.put(labels.get(i), logits[i]);
    }
    return new Prediction.Numbers(scores);
  }

  private static Map<String, Double> byLabel(List<String> labels, double[] probabilities) {
    Map<String, Double> scores = new LinkedHashMap<>();
    for (int i = 0; i < probabilities.length; i++) {
      scores.put(labels.get(i), probabilities[i]);
    }
    return scores;
  }

  private static double[] softmax(float[] logits) {
    double highest = Float.NEGATIVE_INFINITY;
    for (float logit : logits) {
      highest = Math.max(highest, logit);
    }
    double[] weights = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      weights[i] = Math.exp(logits[i] - highest);
      sum += weights[i];
    }
    for (int i = 0; i < logits.length; i++) {
      weights[i] /= sum;
    }
    return weights;
  }

  private static List<Prediction> tagged(
      TaggedFeatures texts, List<TaskLogits> parts, List<String> labels) {
    int count = labels.size();
    List<int[]> tags = new ArrayList<>();
    var collector = new TagCollector(texts, (_, said) -> tags.add(said));
    List<double[]> scores = new ArrayList<>();
    for (int example = 0; example < texts.examples(); example++) {
      scores.add(new double[texts.labels(example).length]);
    }
    for (TaskLogits part : parts) {
      collector.add(part.batch(), part.best(count));
      addScores(texts, part, count, scores);
    }
    boolean ofEntities = labels.stream().allMatch(Entity::isTag);
    return IntStream.range(0, tags.size())
        .mapToObj(i -> tags(tags.get(i), scores.get(i), labels, ofEntities))
        .toList();
  }

  /// Puts the probabilities of the words' tags in their places.
  private static void addScores(
      TaggedFeatures texts, TaskLogits part, int labels, List<double[]> scores) {
    TaskBatch batch = part.batch();
    int time = batch.tokens().time();
    for (int i = 0; i < batch.rows().length; i++) {
      int row = batch.rows()[i];
      double[] own = scores.get(texts.rows().example(row));
      for (int k = 0; k < texts.words(row).length; k++) {
        int from = (i * time + texts.places(row)[k]) * labels;
        double[] probabilities = softmax(Arrays.copyOfRange(part.logits(), from, from + labels));
        own[texts.words(row)[k]] = Arrays.stream(probabilities).max().orElseThrow();
      }
    }
  }

  private static Prediction tags(
      int[] said, double[] scores, List<String> labels, boolean ofEntities) {
    List<@Nullable String> tags = new ArrayList<>();
    List<@Nullable Double> known = new ArrayList<>();
    for (int word = 0; word < said.length; word++) {
      boolean some = said[word] != TaskFeatures.IGNORED;
      tags.add(some ? labels.get(said[word]) : null);
      known.add(some ? scores[word] : null);
    }
    List<String> whole = tags.stream().map(tag -> tag == null ? Entity.OUTSIDE : tag).toList();
    return new Prediction.Tags(tags, known, ofEntities ? Entity.of(whole) : null);
  }

  private static List<Prediction> questions(
      QuestionFeatures questions, List<TaskLogits> parts, AnswersConfig config) {
    List<Prediction> answers = new ArrayList<>();
    var collector =
        new AnswerCollector(
            questions, config, (_, found) -> answers.add(new Prediction.Answer(found)));
    parts.forEach(part -> collector.add(part.batch(), part.starts(), part.ends()));
    return answers;
  }

  private static List<Prediction> choices(TaskLogits part, int count) {
    int[] best = part.best(count);
    List<Prediction> predictions = new ArrayList<>();
    for (int i = 0; i < best.length; i++) {
      double[] scores = softmax(Arrays.copyOfRange(part.logits(), i * count, (i + 1) * count));
      predictions.add(new Prediction.Choice(best[i], Arrays.stream(scores).boxed().toList()));
    }
    return predictions;
  }
}
