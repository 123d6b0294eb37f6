package org.mneme.app.run;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.mneme.app.run.VocabularyReport.Point;
import org.mneme.app.run.VocabularyReport.Source;
import org.mneme.report.Axis;
import org.mneme.report.Card;
import org.mneme.report.Cell;
import org.mneme.report.LineChart;
import org.mneme.report.ReportPage;
import org.mneme.report.Section;
import org.mneme.report.Series;
import org.mneme.report.Table;
import org.mneme.report.Tone;
import org.mneme.report.Unit;
import org.mneme.text.Vocabulary;
import org.mneme.text.VocabularyUse;

/// A [VocabularyReport] as a page.
public final class VocabularyPage {
  /// Sources that get lines of their own: more colours cannot be told apart.
  private static final int LINES = 5;

  private static final int STRETCHES = 100;
  private static final int MOST_FREQUENT = 40;
  private static final int UNUSED = 24;

  private final VocabularyReport report;
  private final Vocabulary vocabulary;

  /// @param vocabulary of the report's tokenizer
  public VocabularyPage(VocabularyReport report, Vocabulary vocabulary) {
    this.report = report;
    this.vocabulary = vocabulary;
  }

  /// The page, to which its maker adds where it comes from.
  public ReportPage page(String name) {
    return new ReportPage("Vocabulary of " + name, report.summary())
        .byline(Provenance.byline())
        .cards(cards())
        .add(
            new Section.Chapter(
                "How few tokens make up the data",
                "The share of all tokens that the n most frequent ones make up.",
                List.of(coverage(), report.table())))
        .add(
            new Section.Chapter(
                "Where the used ids are",
                "Share of ids that occur, over the ids of the vocabulary in %d stretches."
                    .formatted(STRETCHES),
                List.of(map())))
        .add(
            new Section.Chapter(
                "Tokens",
                "The most frequent, and some that never occur, evenly spread over their ids.",
                List.of(new Section.Columns(List.of(mostFrequent(), unused())))));
  }

  private Card[] cards() {
    int all = report.rows().vocabulary();
    int kept = report.kept(report.all()).cardinality();
    return new Card[] {
      new Card(
          "kept",
          text("%.1f %%", 100.0 * kept / all),
          text("%,d of %,d tokens", kept, all),
          text("%,d occur", report.all().used().cardinality())),
      new Card(
          "saved in training",
          text("%.1f MB", report.bytesSaved(report.all()) / 1e6),
          text("of %.1f MB for the vocabulary", whole() / 1e6),
          "weights, gradients and AdamW's moments"),
      new Card("read", text("%,d", report.all().tokens()), "tokens", "")
    };
  }

  private double whole() {
    int all = report.rows().vocabulary();
    int left = all - report.kept(report.all()).cardinality();
    return left == 0 ? 0 : (double) report.bytesSaved(report.all()) * all / left;
  }

  private static String text(String format, Object... numbers) {
    return String.format(Locale.ROOT, format, numbers);
  }

  private List<Source> lines() {
    List<Source> lines = new ArrayList<>();
    List<Source> sources = report.sources();
    if (sources.size() > 1 && sources.size() <= LINES) {
      int common = common(sources.stream().map(Source::name).toList());
      sources.forEach(one -> lines.add(new Source(one.name().substring(common), one.use())));
    }
    lines.add(new Source(sources.size() > 1 ? "all together" : "used", report.all()));
    return lines;
  }

  /// Letters of the folders that all names begin with: the lines do without.
  private static int common(List<String> names) {
    String first = names.getFirst();
    int end = first.lastIndexOf('/') + 1;
    for (String name : names) {
      while (!name.startsWith(first.substring(0, end)) || name.length() == end) {
        end = first.lastIndexOf('/', end - 2) + 1;
      }
    }
    return end;
  }

  private static Series.Style style(int index) {
    return Series.Style.solid(Tone.of(index));
  }

  private LineChart coverage() {
    List<Series> series = new ArrayList<>();
    for (Source source : lines()) {
      List<Point> points = VocabularyReport.coverage(source.use());
      double[] tokens = points.stream().mapToDouble(Point::tokens).toArray();
      double[] shares = points.stream().mapToDouble(Point::share).toArray();
      series.add(new Series(source.name(), tokens, shares, style(series.size())));
    }
    return new LineChart(
        "Coverage",
        Axis.log("most frequent tokens", Unit.COUNT),
        Axis.of("share of the data", Unit.PERCENT).within(0, 1),
        series,
        List.of());
  }

  private LineChart map() {
    int all = report.rows().vocabulary();
    int stretches = Math.min(STRETCHES, all);
    List<Series> series = new ArrayList<>();
    for (Source source : lines()) {
      BitSet used = source.use().used();
      double[] ids = new double[stretches];
      double[] shares = new double[stretches];
      for (int i = 0; i < stretches; i++) {
        int from = (int) ((long) i * all / stretches);
        int to = (int) ((long) (i + 1) * all / stretches);
        ids[i] = (from + to - 1) / 2.0;
        shares[i] = (double) used.get(from, to).cardinality() / (to - from);
      }
      series.add(new Series(source.name(), ids, shares, style(series.size())));
    }
    return new LineChart(
        "Used ids",
        Axis.of("id", Unit.COUNT).within(0, all),
        Axis.of("used", Unit.PERCENT).within(0, 1),
        series,
        List.of());
  }

  private Table mostFrequent() {
    VocabularyUse use = report.all();
    List<List<Cell>> rows = new ArrayList<>();
    for (int id : use.mostFrequent(MOST_FREQUENT)) {
      rows.add(
          List.of(
              token(id),
              Cell.of(Integer.toString(id)),
              Cell.of(text("%,d", use.count(id))),
              Cell.of(text("%.2f", 100.0 * use.count(id) / use.tokens()))));
    }
    return new Table(
        "Most frequent",
        List.of(
            Table.Column.text("token"),
            Table.Column.number("id", ""),
            Table.Column.number("times", ""),
            Table.Column.number("share", "%")),
        rows);
  }

  private Table unused() {
    BitSet kept = report.kept(report.all());
    int[] ids =
        IntStream.range(0, report.rows().vocabulary())
            .filter(id -> !kept.get(id) && vocabulary.token(id).isPresent())
            .toArray();
    int shown = Math.min(UNUSED, ids.length);
    List<List<Cell>> rows = new ArrayList<>();
    for (int i = 0; i < shown; i++) {
      int id = ids[(int) ((long) i * ids.length / shown)];
      rows.add(List.of(token(id), Cell.of(Integer.toString(id))));
    }
    return new Table(
        text("Unused, %d of %,d", shown, ids.length),
        List.of(Table.Column.text("token"), Table.Column.number("id", "")),
        rows);
  }

  private Cell token(int id) {
    return Cell.of("").plus(vocabulary.token(id).orElse("?"), Cell.Face.TOKEN);
  }
}
