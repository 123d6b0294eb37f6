package org.mneme.report;

import java.util.List;

/// A text with a word masked, and what each variant put in its place.
///
/// @param before the text up to the masked word
/// @param answer the word itself
/// @param after the text behind it
public record Example(String before, String answer, String after, List<Prediction> predictions) {
  public Example {
    predictions = List.copyOf(predictions);
  }

  /// The first guess of one variant.
  ///
  /// @param probability what the variant gave it; NaN when unknown
  public record Prediction(String variant, String word, boolean right, double probability) {}
}
