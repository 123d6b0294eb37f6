package org.mneme.data.task;

import java.util.List;

/// The answer to a question, and the others that came near.
///
/// @param text a piece of the context; empty for no answer
/// @param nullDifference by how much no answer scores better than the best one; NaN where every
///   context holds one
/// @param candidates the best first; where contexts may lack an answer, no answer is among them
public record FoundAnswer(String text, double nullDifference, List<Candidate> candidates) {
  /// A possible answer.
  ///
  /// @param text empty for no answer
  /// @param start where it begins in the context, as an index of the `String`
  /// @param end where it ends
  /// @param startScore of its first token
  /// @param endScore of its last
  /// @param probability among the candidates
  public record Candidate(
      String text, int start, int end, float startScore, float endScore, double probability) {
    float score() {
      return startScore + endScore;
    }

    Candidate withProbability(double other) {
      return new Candidate(text, start, end, startScore, endScore, other);
    }
  }
}
