package org.mneme.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mneme.TinyModel;
import org.mneme.data.SourceConfig;
import org.mneme.data.task.AnswersConfig;
import org.mneme.data.task.ChoiceFeatures;
import org.mneme.data.task.LabelSet;
import org.mneme.data.task.QuestionFeatures;
import org.mneme.data.task.SequenceFeatures;
import org.mneme.data.task.TaggedFeatures;
import org.mneme.data.task.Target;
import org.mneme.data.task.TaskBatch;
import org.mneme.data.task.TaskBatches;
import org.mneme.data.task.TaskFeatures;
import org.mneme.data.task.TaskReader;
import org.mneme.data.task.TaskReading;
import org.mneme.model.HeadConfig;
import org.mneme.model.TaskInput;
import org.mneme.model.TaskModel;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.text.Tokenizer;

/// Each task's figures, of batches on all processors, against those of one example after the other.
class TaskEvaluationTest {
  private static final LabelSet LABELS = new LabelSet(List.of("a", "b", "c"));

  @TempDir private Path temp;
  private Tokenizer tokenizer;

  @BeforeEach
  void open() {
    tokenizer = TinyModel.tokenizer();
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private List<SourceConfig> file(String name, List<String> lines) throws IOException {
    Path file = temp.resolve(name);
    Files.writeString(file, String.join("\n", lines) + "\n");
    return List.of(SourceConfig.of(file.toString()));
  }

  /// Figures, and the scores of each row alone.
  private record Both(Map<String, Double> figures, List<float[]> rows, double loss) {}

  private Both both(HeadConfig head, TaskFeatures features, int rows) {
    try (var model = new TaskModel(TinyModel.config(), head, 5)) {
      var many = new TaskBatches(features, tokenizer.padId(), rows, 1);
      var single = new TaskBatches(features, tokenizer.padId(), 1, 1);
      var result = TaskEvaluation.evaluate(model, features, many, AnswersConfig.DEFAULT);
      List<float[]> scores = new ArrayList<>();
      double loss = 0;
      for (TaskBatch batch : single.inOrder()) {
        try (var scope = new TensorScope()) {
          TaskInput input = TaskInput.of(batch, model.config());
          Tensor logits = model.logits(input.input(), false);
          scores.add(Tensors.floats(logits));
          loss += model.head().loss(logits, input.labels(), batch.tokens().time()).item_double();
        }
      }
      return new Both(result.metrics(), scores, loss / scores.size());
    }
  }

  private static int best(float[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    return best;
  }

  private static List<String> texts() {
    return TinyModel.sentences(22, 4);
  }

  @Test
  void ofOneLabelATextItIsAccuracy() throws IOException {
    List<String> lines = new ArrayList<>(List.of("text\tlabel"));
    texts().forEach(text -> lines.add(text + "\t" + LABELS.name(text.length() % 3)));
    var features =
        SequenceFeatures.labelled(
            TaskReader.sequences(file("one.tsv", lines), TaskReading.DEFAULT, Target.Kind.LABEL),
            LABELS,
            tokenizer,
            40);
    Both both = both(HeadConfig.singleLabel(LABELS.names()), features, 4);
    long right = 0;
    for (int i = 0; i < 22; i++) {
      right += best(both.rows.get(i)) == texts().get(i).length() % 3 ? 1 : 0;
    }
    assertEquals(right / 22.0, both.figures.get("accuracy"), 1e-12);
    assertEquals(both.loss, both.figures.get("loss"), 1e-5);
    assertEquals("loss", both.figures.keySet().iterator().next());
  }

  /// More than are read at a time.
  @Test
  void manyBatchesAreScoredAsOne() throws IOException {
    List<String> lines = new ArrayList<>(List.of("text\tlabel"));
    TinyModel.sentences(150, 4)
        .forEach(text -> lines.add(text + "\t" + LABELS.name(text.length() % 3)));
    var features =
        SequenceFeatures.labelled(
            TaskReader.sequences(file("many.tsv", lines), TaskReading.DEFAULT, Target.Kind.LABEL),
            LABELS,
            tokenizer,
            40);
    HeadConfig head = HeadConfig.singleLabel(LABELS.names());
    Map<String, Double> one = both(head, features, 1).figures;
    Map<String, Double> whole = both(head, features, 150).figures;
    assertEquals(whole.keySet(), one.keySet());
    whole.forEach((name, value) -> assertEquals(value, one.get(name), 1e-5, name));
  }

  @Test
  void ofSeveralLabelsATextItIsWhetherAllOfThemAreRight() throws IOException {
    List<String> lines = new ArrayList<>(List.of("text\tlabels"));
    texts().forEach(text -> lines.add(text + "\t" + (text.length() % 2 == 0 ? "a,c" : "b")));
    var features =
        SequenceFeatures.multiLabelled(
            TaskReader.sequences(file("any.tsv", lines), TaskReading.DEFAULT, Target.Kind.LABELS),
            LABELS,
            tokenizer,
            40);
    Both both = both(HeadConfig.multiLabel(LABELS.names()), features, 4);
    long right = 0;
    for (int i = 0; i < 22; i++) {
      boolean even = texts().get(i).length() % 2 == 0;
      float[] scores = both.rows.get(i);
      right += scores[0] > 0 == even && scores[1] > 0 != even && scores[2] > 0 == even ? 1 : 0;
    }
    assertEquals(right / 22.0, both.figures.get("subsetAccuracy"), 1e-12);
    assertEquals(both.loss, both.figures.get("loss"), 1e-5);
  }

  @Test
  void ofNumbersItIsTheirDistance() throws IOException {
    List<String> lines = new ArrayList<>(List.of("text\tscore"));
    texts().forEach(text -> lines.add(text + "\t" + text.length() / 10.0));
    var features =
        SequenceFeatures.scored(
            TaskReader.sequences(file("score.tsv", lines), TaskReading.DEFAULT, Target.Kind.SCORE),
            tokenizer,
            40);
    Both both = both(HeadConfig.regression(), features, 4);
    double squares = 0;
    for (int i = 0; i < 22; i++) {
      squares += Math.pow(both.rows.get(i)[0] - (float) (texts().get(i).length() / 10.0), 2);
    }
    assertEquals(squares / 22, both.figures.get("mse"), 1e-4 * squares);
    assertEquals(both.figures.get("mse"), both.figures.get("loss"), 1e-4 * squares);
  }

  @Test
  void ofTaggedTextsItIsByWordOrByEntity() throws IOException {
    for (LabelSet tags : List.of(LABELS, new LabelSet(List.of("O", "B-x", "I-x")))) {
      List<String> lines = new ArrayList<>();
      long words = 0;
      for (String text : texts()) {
        for (String word : text.split(" ")) {
          lines.add(word + "\t" + tags.name(word.length() % 3));
          words++;
        }
        lines.add("");
      }
      var features =
          TaggedFeatures.of(
              TaskReader.tagged(file("tags.conll", lines), TaskReading.DEFAULT),
              tags,
              tokenizer,
              40,
              8);
      Both both = both(HeadConfig.tokens(tags.names()), features, 4);
      long right = 0;
      for (int row = 0; row < both.rows.size(); row++) {
        for (int k = 0; k < features.words(row).length; k++) {
          int gold = features.labels(features.rows().example(row))[features.words(row)[k]];
          float[] scores = both.rows.get(row);
          float[] own =
              Arrays.copyOfRange(
                  scores, features.places(row)[k] * 3, features.places(row)[k] * 3 + 3);
          right += best(own) == gold ? 1 : 0;
        }
      }
      String figure = tags == LABELS ? "accuracy" : "tokenAccuracy";
      assertEquals((double) right / words, both.figures.get(figure), 1e-12);
      assertEquals(tags != LABELS, both.figures.containsKey("f1.x"));
    }
  }

  @Test
  void ofQuestionsItIsTheTextOfTheAnswer() throws IOException {
    List<String> lines = new ArrayList<>();
    for (String text : texts()) {
      lines.add(
          "{\"question\": \"the river\", \"context\": \"%s\", \"answers\": {\"text\": [\"%s\"], \"answer_start\": [0]}}"
              .formatted(text, text));
    }
    var features =
        QuestionFeatures.of(
            TaskReader.questions(file("asked.jsonl", lines), TaskReading.DEFAULT),
            tokenizer,
            40,
            8);
    Both both = both(HeadConfig.question(), features, 1);
    // of several rows the loss knows their padding, as Hugging Face's does
    assertTrue(both.figures.get("f1") > 0 && both.figures.get("f1") <= 100);
    assertEquals(both.loss, both.figures.get("loss"), 1e-5);
  }

  @Test
  void ofChoicesItIsAccuracy() throws IOException {
    List<String> lines = new ArrayList<>(List.of("text\tchoice0\tchoice1\tchoice2\tlabel"));
    for (String text : texts()) {
      lines.add(text + "\tthe cat\ta dog\tthe river\t" + text.length() % 3);
    }
    var features =
        ChoiceFeatures.of(
            TaskReader.choices(file("choose.tsv", lines), TaskReading.DEFAULT), tokenizer, 40);
    Both both = both(HeadConfig.choice(), features, 4);
    long right = 0;
    for (int i = 0; i < 22; i++) {
      right += best(both.rows.get(i)) == texts().get(i).length() % 3 ? 1 : 0;
    }
    assertEquals(right / 22.0, both.figures.get("accuracy"), 1e-12);
    assertEquals(both.loss, both.figures.get("loss"), 1e-5);
  }
}
