package org.mneme.app.run;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mneme.checkpoint.VocabularyTensors;
import org.mneme.checkpoint.VocabularyTensors.Part;
import org.mneme.report.Cell;
import org.mneme.report.Table;
import org.mneme.text.VocabularyUse;

/// Which tokens of a model's vocabulary some data use, and what training without the others saves.
///
/// @param model its folder
/// @param rows what the folder has a row a token of
/// @param always ids that are kept whether they are used or not
/// @param sources each with its name
/// @param all sources together
/// @param stopped whether only a part of the data was read
public record VocabularyReport(
    String model,
    VocabularyTensors rows,
    BitSet always,
    List<Source> sources,
    VocabularyUse all,
    boolean stopped) {
  /// Weight, gradient and the two moments of AdamW, in float32 each.
  private static final int BYTES = 16;

  private static final int POINTS = 50;

  /// Shares of the tokens that the table says the number of types for.
  private static final double[] SHARES = {0.9, 0.99, 0.999};

  /// Some files, by the name that the user gave them.
  public record Source(String name, VocabularyUse use) {}

  /// How much of all tokens the most frequent `tokens` make up.
  public record Point(int tokens, double share) {}

  /// A report over all of `sources`.
  public VocabularyReport(
      String model, VocabularyTensors rows, BitSet always, List<Source> sources, boolean stopped) {
    this(model, rows, always, sources, together(rows, sources), stopped);
  }

  private static VocabularyUse together(VocabularyTensors rows, List<Source> sources) {
    VocabularyUse all = new VocabularyUse(rows.vocabulary());
    sources.forEach(source -> all.add(source.use()));
    return all;
  }

  /// The ids that are used or kept always.
  BitSet kept(VocabularyUse use) {
    BitSet kept = use.used();
    kept.or(always);
    return kept;
  }

  /// Bytes that training with AdamW needs less of when only what `use` uses is kept.
  long bytesSaved(VocabularyUse use) {
    long saved = 0;
    for (Part part : Part.values()) {
      saved += bytesSaved(use, part);
    }
    return saved;
  }

  private long bytesSaved(VocabularyUse use, Part part) {
    int leftOut = rows.vocabulary() - kept(use).cardinality();
    return (long) leftOut * rows.numbers(part) * BYTES;
  }

  /// The curve of coverage, evenly spaced in the logarithm of the number of tokens.
  static List<Point> coverage(VocabularyUse use) {
    double[] shares = use.coverage();
    List<Point> points = new ArrayList<>();
    int last = shares.length - 1;
    int before = 0;
    for (int i = 0; i <= POINTS && last > 0; i++) {
      int tokens = (int) Math.rint(Math.pow(last, (double) i / POINTS));
      if (tokens > before) {
        points.add(new Point(tokens, shares[tokens]));
        before = tokens;
      }
    }
    return points;
  }

  /// The figures for machines.
  public Map<String, Object> figures() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("model", model);
    figures.put("vocabulary", rows.vocabulary());
    figures.put("used", all.used().cardinality());
    figures.put("kept", kept(all).cardinality());
    figures.put("tokens", all.tokens());
    figures.put("dim", rows.dim());
    figures.put("bytesSaved", bytesSaved(all));
    Map<String, Object> saved = new LinkedHashMap<>();
    saved.put("embeddings", bytesSaved(all, Part.WORDS));
    saved.put("decoder", bytesSaved(all, Part.DECODER));
    saved.put("decoderBias", bytesSaved(all, Part.BIAS));
    figures.put("saved", saved);
    figures.put("stopped", stopped);
    figures.put("coverage", coverage(all));
    figures.put("sources", sources.stream().map(this::figures).toList());
    return figures;
  }

  private Map<String, Object> figures(Source source) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("source", source.name());
    figures.put("used", source.use().used().cardinality());
    figures.put("kept", kept(source.use()).cardinality());
    figures.put("tokens", source.use().tokens());
    figures.put("bytesSaved", bytesSaved(source.use()));
    return figures;
  }

  /// A line for each source and, where there are several, one for all.
  public Table table() {
    List<List<Cell>> lines = new ArrayList<>();
    sources.forEach(source -> lines.add(line(source.name(), source.use())));
    if (sources.size() > 1) {
      lines.add(line("all together", all));
    }
    List<Table.Column> columns =
        List.of(
            Table.Column.text("source"),
            Table.Column.number("tokens", ""),
            Table.Column.number("used", ""),
            Table.Column.number("kept", ""),
            Table.Column.number("of all", "%"),
            Table.Column.number("make up 90 %", ""),
            Table.Column.number("99 %", ""),
            Table.Column.number("99.9 %", ""),
            Table.Column.number("saved", "MB"));
    return new Table("", columns, lines);
  }

  private List<Cell> line(String name, VocabularyUse use) {
    int kept = kept(use).cardinality();
    List<Cell> line = new ArrayList<>();
    line.add(Cell.of(name));
    line.add(number("%,d", use.tokens()));
    line.add(number("%,d", use.used().cardinality()));
    line.add(number("%,d", kept));
    line.add(number("%.1f", 100.0 * kept / rows.vocabulary()));
    double[] coverage = use.coverage();
    for (double share : SHARES) {
      int tokens = 0;
      while (coverage[tokens] < share) {
        tokens++;
      }
      line.add(number("%,d", tokens));
    }
    line.add(number("%.1f", bytesSaved(use) / 1e6));
    return line;
  }

  private static Cell number(String format, Object number) {
    return Cell.of(String.format(Locale.ROOT, format, number));
  }

  /// The result in a sentence.
  public String summary() {
    int kept = kept(all).cardinality();
    double weights = bytesSaved(all) / 4e6;
    return String.format(
        Locale.ROOT,
        "%,d of %,d tokens are used, %,d with those that are always kept (%.1f %%). Training"
            + " without the others saves %.1f MB with AdamW: %.1f MB of weights, as much of"
            + " gradients, and %.1f MB of moments%s.%s",
        all.used().cardinality(),
        rows.vocabulary(),
        kept,
        100.0 * kept / rows.vocabulary(),
        4 * weights,
        weights,
        2 * weights,
        head(),
        stopped ? " Reading was stopped: this holds for what had been read." : "");
  }

  private String head() {
    long decoder = bytesSaved(all, Part.DECODER);
    long bias = bytesSaved(all, Part.BIAS);
    String ofDecoder =
        decoder == 0
            ? ""
            : String.format(Locale.ROOT, ", %.1f MB of them the decoder's", decoder / 1e6);
    return bias == 0
        ? ofDecoder
        : ofDecoder + String.format(Locale.ROOT, ", %.1f MB of them its bias's", bias / 1e6);
  }
}
