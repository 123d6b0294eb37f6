package org.mneme.data.task;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A text, or a pair of them, with what it should be said to be.
public record SequenceExample(String text, @Nullable String pair, Target target, Place place)
    implements TaskExample {
  @Override
  public List<String> texts() {
    return pair == null ? List.of(text) : List.of(text, pair);
  }

  @Override
  public List<String> labels() {
    return switch (target) {
      case Target.Label label -> List.of(label.name());
      case Target.Labels labels -> labels.names();
      case Target.Unknown _, Target.Score _ -> List.of();
    };
  }
}
