package org.mneme.report;

import java.util.List;

/// A page: what it is, what it says in one sentence, where it comes from, and the sections in
/// order.
///
/// @param title the heading and the title of the window
/// @param summary the verdict in a sentence or two; may be empty
/// @param byline short facts below it, such as version and date; may be empty
public record Page(String title, String summary, List<String> byline, List<Section> sections) {
  public Page {
    byline = List.copyOf(byline);
    sections = List.copyOf(sections);
  }

  /// A page without byline.
  public Page(String title, String summary, List<Section> sections) {
    this(title, summary, List.of(), sections);
  }
}
