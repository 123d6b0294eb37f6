package org.mneme.report;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A part of a [Page]: prose, numbers, tables, charts, and three ways to arrange them.
public sealed interface Section
    permits Section.Chapter,
        Section.Text,
        Section.Cards,
        Section.KeyValues,
        Section.Code,
        Section.Columns,
        Section.Details,
        Section.TokenMap,
        Table,
        Chart {

  /// A part with a heading that the page's list of contents names; `intro` may be empty.
  record Chapter(String title, String intro, List<Section> parts) implements Section {
    public Chapter {
      parts = List.copyOf(parts);
    }
  }

  /// Paragraphs, separated by blank lines.
  record Text(String text) implements Section {}

  /// The few numbers that a reader should take home.
  record Cards(List<Card> cards) implements Section {
    public Cards {
      cards = List.copyOf(cards);
    }
  }

  /// Settings or facts by name, in the order given; `title` may be empty.
  record KeyValues(String title, Map<String, String> entries) implements Section {
    public KeyValues {
      entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }
  }

  /// A command line or other text in which every character counts.
  record Code(String text) implements Section {}

  /// Parts side by side where there is room, below each other where not.
  record Columns(List<Section> parts) implements Section {
    public Columns {
      parts = List.copyOf(parts);
    }
  }

  /// Parts folded away behind their title.
  record Details(String title, List<Section> parts) implements Section {
    public Details {
      parts = List.copyOf(parts);
    }
  }

  /// Running text whose tokens are shaded by a number each, such as how sure they read.
  ///
  /// @param legend what the shade means
  record TokenMap(String title, String legend, List<Token> tokens) implements Section {
    public TokenMap {
      tokens = List.copyOf(tokens);
    }
  }

  /// A token of a [TokenMap]: its text as it stands in the source (with its spaces), its value in 0
  /// to 1 (NaN: unshaded), and what to say about it on hovering.
  record Token(String text, double value, String note) {}
}
