package org.mneme.generate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mneme.data.task.ChoiceExample;
import org.mneme.data.task.FactExample;
import org.mneme.data.task.QuestionExample;
import org.mneme.data.task.SequenceExample;
import org.mneme.data.task.TaggedExample;
import org.mneme.data.task.TaskExample;
import org.mneme.metric.Entity;
import tools.jackson.databind.JsonNode;

/// An example with what a model says about it.
public record Predicted(TaskExample example, Prediction prediction) {
  /// By names, for a line of JSON: `line` of the file, `id` where the file has one, and what is
  /// predicted; the words of tagged texts, too.
  ///
  /// @param all whether to give all scores, not only that of what is predicted
  public Map<String, Object> fields(boolean all) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("line", example.place().line());
    JsonNode id = example.place().id();
    if (id != null) {
      fields.put("id", id);
    }
    switch (example) {
      case TaggedExample text -> {
        fields.put("words", text.words());
        fields.putAll(prediction.fields("", all));
        if (prediction instanceof Prediction.Tags tags && tags.entities() != null) {
          fields.put(
              "entities",
              tags.entities().stream().map(entity -> entity(entity, text.words())).toList());
        }
      }
      case QuestionExample question -> fields.putAll(prediction.fields(question.context(), all));
      case SequenceExample _, ChoiceExample _, FactExample _ ->
          fields.putAll(prediction.fields("", all));
    }
    return fields;
  }

  private static Map<String, Object> entity(Entity entity, List<String> words) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("type", entity.type());
    fields.put("from", entity.start());
    fields.put("to", entity.end());
    fields.put("text", String.join(" ", words.subList(entity.start(), entity.end())));
    return fields;
  }
}
