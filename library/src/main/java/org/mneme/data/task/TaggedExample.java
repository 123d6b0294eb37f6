package org.mneme.data.task;

import java.util.List;

/// A text cut into words, each with a tag.
///
/// @param tags as many as there are words, or none when nobody knows them
public record TaggedExample(List<String> words, List<String> tags, Place place)
    implements TaskExample {
  /// Keeps copies.
  public TaggedExample {
    words = List.copyOf(words);
    tags = List.copyOf(tags);
  }

  @Override
  public List<String> texts() {
    return List.of(String.join(" ", words));
  }

  @Override
  public List<String> labels() {
    return tags;
  }
}
