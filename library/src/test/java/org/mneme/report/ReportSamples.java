package org.mneme.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/// Pages with made-up numbers, to look at: `java -cp ... org.mneme.report.ReportSamples DIR` writes
/// them.
final class ReportSamples {
  private ReportSamples() {}

  public static void main(String[] arguments) throws IOException {
    write(Path.of(arguments.length > 0 ? arguments[0] : "target/report-samples"));
    System.out.print(TextTable.format(Results.table("variant", variants())));
  }

  static void write(Path folder) throws IOException {
    HtmlWriter.write(comparison(), folder.resolve("comparison.html"));
    HtmlWriter.write(inspection(), folder.resolve("inspection.html"));
    HtmlWriter.write(awkward(), folder.resolve("awkward.html"));
    HtmlWriter.writeSvg(dumbbells(), folder.resolve("dumbbells.svg"));
  }

  static List<Results> variants() {
    return List.of(
        new Results("full", "everything trained")
            .with(Measure.FACTS, 0.404, 0.409)
            .with(Measure.HELD_OUT, 0.341, 0.346)
            .with(Measure.HELD_OUT_LOSS, 4.311)
            .with(Measure.STEP_TIME, 261)
            .with(Measure.TOKENS_PER_SECOND, 4904)
            .with(Measure.STEPS, 460)
            .with(Measure.TIME, 120)
            .with(Measure.TRAINED, 10_812_416)
            .with(Measure.PEAK_MEMORY, 1.21e9),
        new Results("dense", "a feed-forward of equal compute")
            .with(Measure.FACTS, 0.394, 0.45)
            .with(Measure.HELD_OUT, 0.341, 0.324)
            .with(Measure.HELD_OUT_LOSS, 4.402)
            .with(Measure.STEP_TIME, 99)
            .with(Measure.TOKENS_PER_SECOND, 12929)
            .with(Measure.STEPS, 1212)
            .with(Measure.TIME, 120)
            .with(Measure.TRAINED, 2_362_752)
            .with(Measure.PEAK_MEMORY, 0.84e9),
        new Results("memory", "65,536 slots beside block 6")
            .with(Measure.FACTS, 0.607, 0.602)
            .with(Measure.HELD_OUT, 0.321, 0.324)
            .with(Measure.HELD_OUT_LOSS, 4.517)
            .with(Measure.STEP_TIME, 123)
            .with(Measure.TOKENS_PER_SECOND, 10406)
            .with(Measure.STEPS, 975)
            .with(Measure.TIME, 120)
            .with(Measure.TRAINED, 25_821_184)
            .with(Measure.PEAK_MEMORY, 1.08e9));
  }

  static DumbbellChart dumbbells() {
    List<DumbbellChart.Row> rows = new ArrayList<>();
    for (Results one : variants()) {
      rows.add(
          new DumbbellChart.Row(
              one.name(),
              Tone.of(rows.size()),
              one.each(Measure.HELD_OUT),
              one.each(Measure.FACTS)));
    }
    return new DumbbellChart(
        "Words right, by variant",
        "held out",
        "facts",
        Unit.PERCENT,
        rows,
        List.of(new Reference("held out, before training", 0.356, Tone.GREY)));
  }

  static Page comparison() {
    return new ReportPage(
            "What a memory adds in two minutes",
            "A memory in a frozen encoder learns 60 % of the facts where training everything for as"
                + " long learns 41 %; lines it never saw get 2 points worse.")
        .byline("mneme 0.1.0", "12 March 2026, 14:05", "seed 17", "2 threads", "6 min 12 s")
        .cards(
            new Card("Facts", "60.5 %", "40.6 % without memory", "1,024 lines trained on"),
            new Card("Held out", "32.2 %", "34.4 % without memory", "2,000 lines never seen"),
            new Card("Time a step", "123 ms", "261 ms without memory", "batches of 64 lines"))
        .comparison(
            variants(), List.of(new Reference("held out, before training", 0.356, Tone.GREY)))
        .losses(Axis.of("time", Unit.SECONDS), losses())
        .usage(Axis.of("step", Unit.COUNT), histories())
        .reads(distributions(), heads())
        .examples(examples())
        .settings("Settings", settings())
        .provenance(
            "mneme quickstart --seed 17 --set train.seconds=120 --set memory.keysPerSide=256 --out"
                + " runs/quickstart",
            provenance())
        .page();
  }

  static List<LossCurve> losses() {
    List<LossCurve> curves = new ArrayList<>();
    Random random = new Random(3);
    double[][] shapes = {{3.05, 1.35, 45, 4.31}, {2.85, 1.6, 30, 4.40}, {1.62, 2.75, 38, 4.52}};
    for (int v = 0; v < 3; v++) {
      double[] shape = shapes[v];
      int steps = (int) variants().get(v).mean(Measure.STEPS);
      double[] x = IntStream.range(0, steps).mapToDouble(i -> 120.0 * (i + 1) / steps).toArray();
      double[] training = new double[steps];
      for (int i = 0; i < steps; i++) {
        training[i] =
            shape[0] + shape[1] * Math.exp(-x[i] / shape[2]) + 0.22 * random.nextGaussian();
      }
      double[] at = IntStream.rangeClosed(0, 8).mapToDouble(i -> 15.0 * i).toArray();
      double[] held = new double[at.length];
      for (int i = 0; i < held.length; i++) {
        held[i] =
            shape[3] - (shape[3] - 4.38) * Math.exp(-at[i] / 50) + 0.01 * random.nextGaussian();
      }
      String name = List.of("full", "dense", "memory").get(v);
      curves.add(new LossCurve(name, x, training, at, held));
    }
    return curves;
  }

  static List<UsageHistory> histories() {
    List<UsageHistory> layers = new ArrayList<>();
    for (int layer = 0; layer < 2; layer++) {
      double[] x = IntStream.rangeClosed(0, 12).mapToDouble(i -> 80.0 * i).toArray();
      double[] usage = new double[x.length];
      double[] top1 = new double[x.length];
      double[] ceiling = new double[x.length];
      double[] top1Ceiling = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        ceiling[i] = 0.999;
        top1Ceiling[i] = 0.632;
        usage[i] = 0.985 - 0.05 * layer - 0.08 * Math.exp(-i / 3.0);
        top1[i] = (layer == 0 ? 0.34 + 0.012 * i : 0.42 - 0.011 * i);
      }
      layers.add(
          new UsageHistory("Block " + (4 + 2 * layer), x, usage, top1, ceiling, top1Ceiling));
    }
    return layers;
  }

  static double[] zipf(int slots, double exponent, long seed) {
    Random random = new Random(seed);
    double[] mass = new double[slots];
    for (int i = 0; i < slots; i++) {
      mass[i] =
          Math.max(
              0, Math.rint(2e3 / Math.pow(i + 3, exponent) * (0.5 + random.nextDouble()) - 0.2));
    }
    return mass;
  }

  static List<ReadDistribution> distributions() {
    return List.of(
        ReadDistribution.of("block 4", zipf(65_536, 0.62, 1)),
        ReadDistribution.of("block 6", zipf(65_536, 0.85, 2)));
  }

  static List<ReadDistribution> heads() {
    return IntStream.range(0, 4)
        .mapToObj(
            h -> ReadDistribution.of("Block 6, head " + (h + 1), zipf(65_536, 0.6 + 0.12 * h, h)))
        .toList();
  }

  static List<Example> examples() {
    return List.of(
        example(
            "abacus: a calculator that performs ",
            "arithmetic",
            " functions by manually sliding counters",
            "complex",
            "simple",
            "arithmetic"),
        example(
            "oboe: a slender double-reed ",
            "instrument",
            "; a woodwind with a conical bore",
            "instrument",
            "instrument",
            "instrument"),
        example(
            "lichen: any thallophytic plant of the ",
            "division",
            " Lichenes",
            "genus",
            "genus",
            "division"),
        example(
            "pitfall: an unforeseen or unexpected or surprising ",
            "difficulty",
            "",
            "event",
            "result",
            "event"));
  }

  private static Example example(String before, String answer, String after, String... words) {
    List<Example.Prediction> predictions = new ArrayList<>();
    List<String> names = List.of("full", "dense", "memory");
    for (int i = 0; i < words.length; i++) {
      predictions.add(
          new Example.Prediction(names.get(i), words[i], words[i].equals(answer), 0.31 + 0.17 * i));
    }
    return new Example(before, answer, after, predictions);
  }

  static Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("model", "all-MiniLM-L6-v2");
    settings.put("memory.keysPerSide", "256");
    settings.put("memory.heads", "4");
    settings.put("memory.slotsPerHead", "32");
    settings.put("memory.queryDim", "256");
    settings.put("memory.placement", "beside block 6");
    settings.put("train.valueRate", "0.05");
    settings.put("train.freezeBackbone", "true");
    settings.put("train.seconds", "120");
    settings.put("data.mask", "0.15");
    return settings;
  }

  static Map<String, String> provenance() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("version", "0.1.0 (4f2a9c1)");
    facts.put("date", "2026-03-12 14:05 UTC");
    facts.put("java", "25.0.3 Temurin");
    facts.put("libtorch", "2.10.0");
    facts.put("processor", "AMD EPYC 9R14, 2 cores, AVX-512, bfloat16");
    facts.put("threads", "2");
    facts.put("seed", "17");
    facts.put("data", "sha256:9b0de1f7c4a85b3ee7e6c2d0f4418a4c5fbd1b7b8f3ab1e6b0a91e7d0a1c2d3e");
    facts.put(
        "tokenizer", "sha256:be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037");
    return facts;
  }

  static Page inspection() {
    List<Results> heads = new ArrayList<>();
    for (int layer : new int[] {4, 6}) {
      heads.add(
          usage(
              "block " + layer + ", all heads",
              0.962 - 0.03 * layer / 4,
              0.98,
              0.402,
              0.632,
              layer));
      for (int h = 1; h <= 4; h++) {
        heads.add(
            usage(
                "block " + layer + ", head " + h,
                0.71 - 0.06 * h,
                0.86,
                0.19 - 0.02 * h,
                0.221,
                layer + h));
      }
    }
    return new ReportPage(
            "What the memory of quickstart/memory reads",
            "Reads spread well: 40 of at most 63 hundredths of the slots are some token's first"
                + " choice.")
        .byline("mneme 0.1.0", "quickstart/memory", "64,512 tokens of glosses.txt")
        .tokens(
            "Where it is sure",
            "The stronger the shade, the more weight the heaviest slot has.",
            tokens())
        .heads(heads)
        .slots(slots())
        .reads(distributions(), heads())
        .provenance("mneme inspect runs/quickstart/memory glosses.txt", provenance())
        .page();
  }

  private static Results usage(
      String name, double usage, double ceiling, double top1, double top1Ceiling, int seed) {
    return new Results(name)
        .of(Measure.USAGE, usage, ceiling)
        .of(Measure.TOP1_USAGE, top1, top1Ceiling)
        .with(Measure.KL, 0.71 + 0.11 * seed)
        .with(Measure.TOP1_KL, 1.31 + 0.14 * seed)
        .with(Measure.GINI, 0.51 + 0.02 * seed)
        .with(Measure.TOP50, 9_211 - 312 * seed)
        .with(Measure.TOP90, 33_870 - 1_205 * seed)
        .with(Measure.TOP99, 52_004 - 1_011 * seed);
  }

  static List<Section.Token> tokens() {
    Random random = new Random(5);
    String text =
        "abacus: a calculator that performs arithmetic functions by manually sliding counters on"
            + " rods or in grooves. oboe: a slender double-reed instrument; a woodwind with a"
            + " conical bore and a double-reed mouthpiece.";
    List<Section.Token> tokens = new ArrayList<>();
    for (String word : text.split("(?= )", -1)) {
      double value = Math.pow(random.nextDouble(), 2);
      tokens.add(
          new Section.Token(
              word, value, "slot 12,345 with " + Numbers.withUnit(Unit.PERCENT, value)));
    }
    return tokens;
  }

  static List<SlotUse> slots() {
    List<SlotUse> slots = new ArrayList<>();
    String[][] readers = {
      {"oboe: a slender double-", "reed", " instrument; a wood"},
      {"bassoon: a double-", "reed", " instrument; the tenor"},
      {"a group of ", "wind", " instruments"},
      {"a musical ", "instrument", " played by"}
    };
    for (int i = 0; i < 6; i++) {
      List<SlotUse.Reader> list = new ArrayList<>();
      for (int r = 0; r < readers.length; r++) {
        String[] one = readers[(r + i) % readers.length];
        list.add(new SlotUse.Reader(one[0], one[1], one[2], 0.5 - 0.1 * r, 1 + 40L * r));
      }
      slots.add(
          new SlotUse(
              i < 3 ? "block 4" : "block 6",
              12_345 + 4_711L * i,
              0.0031 - 0.0003 * i,
              900 - i,
              list));
    }
    return slots;
  }

  /// Whatever tends to break a page.
  static Page awkward() {
    double[] none = {};
    double nan = Double.NaN;
    Series.Style style = Series.Style.solid(Tone.PURPLE);
    Axis x = Axis.of("step", Unit.COUNT);
    Axis y = Axis.of("loss", Unit.PLAIN);
    List<Section> charts = new ArrayList<>();
    charts.add(new LineChart("No series", x, y, List.of(), List.of()));
    charts.add(line("Empty series", x, y, new Series("empty", none, none, style)));
    charts.add(
        line(
            "Only NaN",
            x,
            y,
            new Series("nan", new double[] {1, 2}, new double[] {nan, nan}, style)));
    charts.add(
        line("One point", x, y, new Series("single", new double[] {5}, new double[] {2.5}, style)));
    charts.add(
        line(
            "Constant",
            x,
            y,
            new Series("flat", new double[] {1, 2, 3}, new double[] {7, 7, 7}, style)));
    charts.add(
        line(
            "Gaps",
            x,
            y,
            new Series(
                "with gaps",
                new double[] {1, 2, 3, 4, 5, 6, 7},
                new double[] {3, 2.6, nan, 2.2, nan, 2, 1.9},
                style)));
    charts.add(
        line(
            "Very small",
            x,
            y,
            new Series("tiny", new double[] {1, 2, 3}, new double[] {1e-7, 2e-7, 5e-7}, style)));
    charts.add(
        line(
            "Very large",
            x,
            y,
            new Series(
                "huge", new double[] {1e6, 2e6, 3e6}, new double[] {-1e9, 2e9, 5e9}, style)));
    charts.add(
        line(
            "Logarithmic with zeros",
            Axis.log("tokens", Unit.LARGE),
            Axis.log("loss", Unit.PLAIN),
            new Series(
                "log", new double[] {0, 1, 10, 100, 1e6}, new double[] {5, 4, 0, 2, 1}, style)));
    List<Series> crowd = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      crowd.add(
          new Series(
              "run with a name " + i,
              new double[] {0, 1, 2},
              new double[] {3, 2 + i * 0.001, 1 + i * 0.002},
              Series.Style.solid(Tone.of(i))));
    }
    charts.add(
        new LineChart(
            "Crowded", x, y, crowd, List.of(new Reference("reference", 1.01, Tone.GREY))));
    String hostile =
        "<script>alert(\"1\")</script> & 'q' \u0000\u001b[31m 😀 👩‍👩‍👧 שלום עולם مرحبا \ud800"
            + " \uffff ]]>";
    return new ReportPage(hostile, hostile)
        .byline(hostile)
        .cards(new Card(hostile, hostile, hostile, hostile), new Card("", "", "", ""))
        .comparison(
            List.of(
                new Results(hostile).with(Measure.FACTS, 0.5).with(Measure.HELD_OUT),
                new Results("nothing")))
        .add(new Section.Columns(charts))
        .add(
            new BarChart(
                "Bars",
                Unit.PERCENT,
                List.of(
                    new BarChart.Bar(hostile, Tone.GREEN, nan, nan),
                    new BarChart.Bar("zero", Tone.GREEN, 0, 0.5))))
        .add(new BarChart("No bars", Unit.PERCENT, List.of()))
        .add(new Table(hostile, List.of(), List.of()))
        .add(new Section.Code(hostile))
        .add(new Section.Details(hostile, List.of(new Section.Text(hostile))))
        .reads(
            List.of(
                ReadDistribution.of("empty", none),
                ReadDistribution.of("unread", new double[10]),
                ReadDistribution.of("one slot", new double[] {3})),
            List.of())
        .losses(x, List.of(new LossCurve(hostile, none, none, none, none)))
        .usage(x, List.of(new UsageHistory(hostile, none, none, none, none, none)))
        .examples(List.of())
        .heads(List.of())
        .slots(List.of())
        .tokens(hostile, hostile, List.of(new Section.Token(hostile, nan, hostile)))
        .settings(hostile, Map.of(hostile, hostile))
        .page();
  }

  private static LineChart line(String title, Axis x, Axis y, Series series) {
    return new LineChart(title, x, y, List.of(series), List.of());
  }
}
