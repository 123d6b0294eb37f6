package org.mneme.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.mneme.InvalidInputException;
import org.mneme.model.BertConfig.Family;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class HeadConfigTest {
  private static final List<HeadConfig> ALL =
      List.of(
          HeadConfig.singleLabel(List.of("good", "bad")),
          HeadConfig.multiLabel(List.of("a", "b", "c")),
          HeadConfig.multiLabel(List.of("only")),
          HeadConfig.regression(),
          HeadConfig.tokens(List.of("O", "B-PER", "I-PER")),
          HeadConfig.question(),
          HeadConfig.choice());

  private static ObjectNode json(String json) {
    return (ObjectNode) JsonMapper.shared().readTree(json);
  }

  private static Optional<HeadConfig> read(String architecture, String rest) {
    return HeadConfig.in(json("{\"architectures\": [\"%s\"]%s}".formatted(architecture, rest)));
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void whatIsWrittenIsReadWhateverHeadTheFolderHad(Family family) {
    for (HeadConfig before : ALL) {
      for (HeadConfig head : ALL) {
        ObjectNode json = json("{\"num_labels\": 7, \"kept\": 1}");
        before.writeTo(json, family);
        head.writeTo(json, family);
        assertEquals(Optional.of(head), HeadConfig.in(json));
        assertEquals(1, json.path("kept").asInt());
      }
    }
  }

  @Test
  void labelsAreWrittenBothWays() {
    ObjectNode json = json("{}");
    HeadConfig.singleLabel(List.of("no", "yes")).writeTo(json, Family.ROBERTA);
    assertEquals(
        json(
            """
            {"architectures": ["RobertaForSequenceClassification"],
             "id2label": {"0": "no", "1": "yes"}, "label2id": {"no": 0, "yes": 1},
             "problem_type": "single_label_classification"}
            """),
        json);
  }

  @Test
  void absentKeysHaveHuggingFacesDefaults() {
    String sequence = "BertForSequenceClassification";
    assertEquals(
        HeadConfig.singleLabel(List.of("LABEL_0", "LABEL_1")), read(sequence, "").orElseThrow());
    assertEquals(
        HeadConfig.singleLabel(List.of("LABEL_0", "LABEL_1", "LABEL_2")),
        read(sequence, ", \"num_labels\": 3, \"problem_type\": null").orElseThrow());
    assertEquals(HeadConfig.regression(), read(sequence, ", \"num_labels\": 1").orElseThrow());
    assertEquals(
        HeadConfig.tokens(List.of("x", "y")),
        read("XLMRobertaForTokenClassification", ", \"id2label\": {\"1\": \"y\", \"0\": \"x\"}")
            .orElseThrow());
    assertEquals(Optional.of(HeadConfig.question()), read("BertForQuestionAnswering", ""));
    assertEquals(Optional.of(HeadConfig.choice()), read("BertForMultipleChoice", ""));
    assertEquals(Optional.empty(), read("BertForMaskedLM", ", \"num_labels\": 3"));
    assertEquals(Optional.empty(), HeadConfig.in(json("{}")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "num_labels  | BertForSequenceClassification | \"num_labels\": 0",
        "num_labels  | BertForTokenClassification    | \"num_labels\": 3, \"id2label\": {\"0\":"
            + " \"a\"}",
        "id2label    | BertForTokenClassification    | \"id2label\": {\"1\": \"a\", \"2\": \"b\"}",
        "id2label    | BertForTokenClassification    | \"id2label\": {}",
        "id2label    | BertForQuestionAnswering      | \"id2label\": {\"0\": \"a\"}",
        "num_labels  | BertForQuestionAnswering      | \"num_labels\": 3",
        "problem_type| BertForSequenceClassification | \"problem_type\": \"ranking\"",
        "problem_type| BertForSequenceClassification | \"num_labels\": 1, \"problem_type\":"
            + " \"single_label_classification\"",
      })
  void whatContradictsItselfIsNamed(String key, String architecture, String keys) {
    var problem = assertThrows(InvalidInputException.class, () -> read(architecture, ", " + keys));
    assertEquals(InvalidInputException.Kind.CONFIG, problem.kind());
    assertEquals(key, problem.key());
    assertTrue(problem.getMessage().startsWith(key + ": "), problem.getMessage());
  }

  @Test
  void aLabelIsGivenOnce() {
    var problem =
        assertThrows(InvalidInputException.class, () -> HeadConfig.tokens(List.of("O", "B", "O")));
    assertEquals("id2label: the label \"O\" is given twice; name each once", problem.getMessage());
    assertThrows(InvalidInputException.class, () -> HeadConfig.singleLabel(List.of("one")));
    assertThrows(InvalidInputException.class, () -> HeadConfig.multiLabel(List.of()));
  }

  @Test
  void sameAnswersMeanSameLabelsInWhateverOrder() {
    HeadConfig head = HeadConfig.singleLabel(List.of("a", "b"));
    assertTrue(head.answersLike(HeadConfig.singleLabel(List.of("b", "a"))));
    assertFalse(head.answersLike(HeadConfig.singleLabel(List.of("b", "c"))));
    assertFalse(head.answersLike(HeadConfig.multiLabel(List.of("a", "b"))));
    assertFalse(head.answersLike(HeadConfig.tokens(List.of("a", "b"))));
    var score = new HeadConfig(TaskKind.SEQUENCE, List.of("score"), ProblemType.REGRESSION);
    assertTrue(score.answersLike(HeadConfig.regression()));
  }
}
