package org.mneme.model;

import static org.mneme.model.Sizes.requireShare;

import org.mneme.InvalidInputException;
import org.mneme.model.BertConfig.Family;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// How an encoder's `config.json` wants task heads to be drawn and trained; each family has keys of
/// its own.
///
/// @param deviation standard deviation of fresh weights, at least 0
/// @param sequenceDropout share dropped before a text's scores, in [0, 1), like the others
/// @param tokenDropout share dropped before a token's scores
/// @param questionDropout share dropped before the scores of begin and end; only DistilBERT does
/// @param choiceDropout share dropped before a choice's score
public record HeadSettings(
    double deviation,
    double sequenceDropout,
    double tokenDropout,
    double questionDropout,
    double choiceDropout) {
  private static final String DEVIATION = "initializer_range";
  private static final String CLASSIFIER = "classifier_dropout";
  private static final String SEQUENCE = "seq_classif_dropout";
  private static final String QUESTION = "qa_dropout";

  /// Those of an encoder whose `config.json` says nothing of heads.
  static HeadSettings defaults(Family family, double hiddenDropout) {
    return switch (family) {
      case BERT, ROBERTA ->
          new HeadSettings(0.02, hiddenDropout, hiddenDropout, hiddenDropout, hiddenDropout);
      case DISTILBERT -> new HeadSettings(0.02, 0.2, hiddenDropout, 0.1, 0.2);
    };
  }

  static HeadSettings read(Family family, double hiddenDropout, JsonNode json) {
    HeadSettings other = defaults(family, hiddenDropout);
    double deviation = json.path(DEVIATION).asDouble(other.deviation);
    if (!(deviation >= 0 && Double.isFinite(deviation))) {
      throw InvalidInputException.config(DEVIATION, deviation + " must be 0 or more");
    }
    return switch (family) {
      case BERT -> {
        double share = share(json, CLASSIFIER, hiddenDropout);
        yield new HeadSettings(deviation, share, share, hiddenDropout, share);
      }
      case ROBERTA -> {
        double share = share(json, CLASSIFIER, hiddenDropout);
        yield new HeadSettings(deviation, share, share, hiddenDropout, hiddenDropout);
      }
      case DISTILBERT -> {
        double share = share(json, SEQUENCE, other.sequenceDropout);
        double question = share(json, QUESTION, other.questionDropout);
        yield new HeadSettings(deviation, share, hiddenDropout, question, share);
      }
    };
  }

  private static double share(JsonNode json, String key, double absent) {
    JsonNode given = json.path(key);
    if (given.isMissingNode() || given.isNull()) {
      return absent;
    }
    double share = given.asDouble(absent);
    requireShare(key, share);
    return share;
  }

  /// Adds the keys that are read.
  void write(Family family, double hiddenDropout, ObjectNode json) {
    json.put(DEVIATION, deviation);
    switch (family) {
      case BERT, ROBERTA -> {
        if (sequenceDropout != hiddenDropout) {
          json.put(CLASSIFIER, sequenceDropout);
        }
      }
      case DISTILBERT -> {
        json.put(SEQUENCE, sequenceDropout);
        json.put(QUESTION, questionDropout);
      }
    }
  }

  /// The same with another share everywhere.
  HeadSettings withDropout(double share) {
    return new HeadSettings(deviation, share, share, share, share);
  }

  double dropout(TaskKind kind) {
    return switch (kind) {
      case SEQUENCE -> sequenceDropout;
      case TOKEN -> tokenDropout;
      case QUESTION -> questionDropout;
      case CHOICE -> choiceDropout;
    };
  }
}
