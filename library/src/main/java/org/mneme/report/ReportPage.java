package org.mneme.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Composes the pages of this project, section after section in the order of the calls; every
/// section is optional.
///
/// A variant keeps its colour through the whole page: names that are alike are drawn alike. Not for
/// several threads.
public final class ReportPage {
  private final String title;
  private final String verdict;
  private final List<String> byline = new ArrayList<>();
  private final List<Section> sections = new ArrayList<>();
  private final Map<String, Tone> tones = new LinkedHashMap<>();

  /// A page without sections; `verdict` says in a sentence what came out.
  public ReportPage(String title, String verdict) {
    this.title = title;
    this.verdict = verdict;
  }

  /// Short facts under the verdict, such as version and date.
  public ReportPage byline(String... facts) {
    byline.addAll(List.of(facts));
    return this;
  }

  /// The numbers to take home.
  public ReportPage cards(Card... cards) {
    return add(new Section.Cards(List.of(cards)));
  }

  /// What each variant reached and what it cost: the accuracies as a chart, everything as a table.
  /// The columns are the measures that any variant has, in the order in which they first appear.
  public ReportPage comparison(List<Results> variants) {
    return comparison(variants, List.of());
  }

  /// The same with dashed lines in the chart, such as the accuracy before training.
  public ReportPage comparison(List<Results> variants, List<Reference> references) {
    variants.forEach(variant -> tone(variant.name()));
    return add(TrainingChapters.comparison(variants, references, this::tone));
  }

  /// Training and evaluation losses of several runs over `x` (steps or seconds).
  public ReportPage losses(Axis x, List<LossCurve> runs) {
    return add(TrainingChapters.losses(x, runs, this::tone));
  }

  /// How many slots were read over `x`, per memory layer, against what could be.
  public ReportPage usage(Axis x, List<UsageHistory> layers) {
    return add(TrainingChapters.usage(x, layers));
  }

  /// How the reads spread over the slots; `heads` adds a small chart each and may be empty.
  public ReportPage reads(List<ReadDistribution> layers, List<ReadDistribution> heads) {
    return add(MemoryChapters.reads(layers, heads, this::tone));
  }

  /// What the variants said where a word was masked.
  public ReportPage examples(List<Example> examples) {
    return add(TrainingChapters.examples(examples));
  }

  /// Usage of each layer and head (one [Results] each, with ceilings where they are known).
  public ReportPage heads(List<Results> heads) {
    return add(MemoryChapters.heads(heads));
  }

  /// The most used slots and who reads them.
  public ReportPage slots(List<SlotUse> slots) {
    return add(MemoryChapters.slots(slots));
  }

  /// A text whose tokens are shaded by a value each.
  public ReportPage tokens(String heading, String legend, List<Section.Token> tokens) {
    return add(new Section.Chapter(heading, "", List.of(new Section.TokenMap("", legend, tokens))));
  }

  /// Settings by name, under a title.
  public ReportPage settings(String heading, Map<String, String> settings) {
    return add(new Section.Chapter(heading, "", List.of(new Section.KeyValues("", settings))));
  }

  /// Where the numbers come from: the command line, and versions, machine, seed and hashes by name.
  public ReportPage provenance(String command, Map<String, String> facts) {
    return add(
        new Section.Chapter(
            "How to repeat this",
            "",
            List.of(new Section.Code(command), new Section.KeyValues("", facts))));
  }

  /// Any other section.
  public ReportPage add(Section section) {
    sections.add(section);
    return this;
  }

  /// The colour of a variant on this page.
  public Tone tone(String variant) {
    return tones.computeIfAbsent(variant, name -> Tone.of(tones.size()));
  }

  /// The page so far.
  public Page page() {
    return new Page(title, verdict, byline, sections);
  }

  /// Writes the page so far; see [HtmlWriter#write].
  public void write(Path file) throws IOException {
    HtmlWriter.write(page(), file);
  }
}
