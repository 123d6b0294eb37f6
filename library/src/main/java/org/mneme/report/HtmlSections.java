package org.mneme.report;

import java.util.List;
import java.util.Map;

/// Writes the sections of a page.
final class HtmlSections {
  /// Chapters from which a page gets a list of contents.
  private static final int CONTENTS = 4;

  private final Markup out;
  private int charts;
  private int chapters;

  HtmlSections(Markup out) {
    this.out = out;
  }

  /// The whole body of a page.
  void page(Page page) {
    out.open("header").element("h1", page.title(), "dir", "auto");
    if (!page.summary().isEmpty()) {
      out.element("p", page.summary(), "class", "verdict", "dir", "auto");
    }
    if (!page.byline().isEmpty()) {
      out.open("p", "class", "byline");
      for (String fact : page.byline()) {
        out.element("span", fact).text(" ");
      }
      out.close("p");
    }
    out.close("header");
    for (Section section : page.sections()) {
      if (section instanceof Section.Chapter && chapters == 0) {
        contents(page);
      }
      section(section);
    }
  }

  private void contents(Page page) {
    List<String> titles =
        page.sections().stream()
            .filter(Section.Chapter.class::isInstance)
            .map(section -> ((Section.Chapter) section).title())
            .toList();
    if (titles.size() < CONTENTS) {
      return;
    }
    out.open("nav", "aria-label", "Contents");
    for (int i = 0; i < titles.size(); i++) {
      out.element("a", titles.get(i), "href", "#chapter-" + (i + 1)).text(" ");
    }
    out.close("nav");
  }

  private void section(Section section) {
    switch (section) {
      case Section.Chapter chapter -> chapter(chapter);
      case Section.Text text -> paragraphs(text.text());
      case Section.Cards cards -> cards(cards);
      case Section.KeyValues values -> keyValues(values);
      case Section.Code code -> out.open("pre").element("code", code.text()).close("pre");
      case Section.Columns columns -> {
        out.open("div", "class", "columns");
        columns.parts().forEach(this::section);
        out.close("div");
      }
      case Section.Details details -> {
        out.open("details").element("summary", details.title());
        details.parts().forEach(this::section);
        out.close("details");
      }
      case Section.TokenMap tokens -> tokens(tokens);
      case Table table -> new HtmlTable(out).write(table);
      case Chart chart -> chart(chart);
    }
  }

  private void chapter(Section.Chapter chapter) {
    chapters++;
    out.open("section", "id", "chapter-" + chapters).element("h2", chapter.title());
    if (!chapter.intro().isEmpty()) {
      paragraphs(chapter.intro());
    }
    chapter.parts().forEach(this::section);
    out.close("section");
  }

  private void paragraphs(String text) {
    for (String paragraph : text.split("\\n\\s*\\n")) {
      out.element("p", paragraph.strip(), "dir", "auto");
    }
  }

  private void cards(Section.Cards cards) {
    out.open("div", "class", "cards");
    for (Card card : cards.cards()) {
      out.open("div", "class", "card").element("div", card.label(), "class", "label");
      out.element("div", card.value(), "class", "big");
      optional("versus", card.versus());
      optional("note", card.note());
      out.close("div");
    }
    out.close("div");
  }

  private void optional(String css, String text) {
    if (!text.isEmpty()) {
      out.element("div", text, "class", css);
    }
  }

  private void keyValues(Section.KeyValues values) {
    if (!values.title().isEmpty()) {
      out.element("h3", values.title());
    }
    out.open("dl");
    for (Map.Entry<String, String> entry : values.entries().entrySet()) {
      out.open("div").element("dt", entry.getKey());
      out.element("dd", entry.getValue(), "dir", "auto").close("div");
    }
    out.close("dl");
  }

  private void tokens(Section.TokenMap map) {
    out.open("figure", "class", "tokens");
    if (!map.title().isEmpty()) {
      out.element("h3", map.title());
    }
    out.open("p", "class", "text", "dir", "auto");
    for (Section.Token token : map.tokens()) {
      boolean shaded = Double.isFinite(token.value());
      int percent = shaded ? (int) Math.rint(Math.clamp(token.value(), 0, 1) * 100) : 0;
      out.element("span", token.text(), "style", "--shade:" + percent + "%", "title", token.note());
    }
    out.close("p").element("figcaption", map.legend()).close("figure");
  }

  private void chart(Chart chart) {
    charts++;
    out.open("figure", "class", "chart");
    if (!chart.title().isEmpty()) {
      out.element("h3", chart.title());
    }
    for (Canvas.Size size : Canvas.Size.values()) {
      out.raw(ChartText.draw(chart, new Canvas(size, "chart-" + charts + "-" + size.css()), ""));
    }
    out.open("details", "class", "data").element("summary", "Numbers");
    new HtmlTable(out).write(ChartText.table(chart));
    out.close("details").close("figure");
  }
}
