package org.mneme.config;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// Finds what somebody meant who misspelt a name.
public final class Spelling {
  private Spelling() {}

  /// The name that differs from `word` in the fewest letters, if no more than a third of them.
  public static Optional<String> nearest(String word, Collection<String> names) {
    return names.stream()
        .filter(name -> distance(word, name) <= 1 + Math.max(word.length(), name.length()) / 3)
        .min(Comparator.comparingInt(name -> distance(word, name)));
  }

  /// The end of a sentence about the unknown `word`: the nearest name as a question, or all names.
  public static String meant(String word, Collection<String> names) {
    return nearest(word, names)
        .map(name -> "did you mean " + name + "?")
        .orElseGet(() -> "known are " + String.join(", ", names));
  }

  /// A sentence about `word`, which should be one of `names`: them, and the nearest as a question.
  public static String none(String word, Collection<String> names) {
    return word
        + " is none of "
        + String.join(", ", names)
        + nearest(word, names).map(name -> "; did you mean " + name + "?").orElse("");
  }

  /// Levenshtein's, case ignored: letters to insert, delete or replace.
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1]; // distances from a's beginning so far to b's beginnings
    Arrays.setAll(row, j -> j);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        boolean same =
            Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1));
        int replaced = diagonal + (same ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
