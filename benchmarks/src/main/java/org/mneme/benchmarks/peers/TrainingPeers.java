package org.mneme.benchmarks.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mneme.bench.Setting;
import org.mneme.text.Tokenizer;
import tools.jackson.databind.json.JsonMapper;

/// Masked-LM training steps of MiniLM: ours in each precision beside transformers in each of its
/// modes. Ours all run in turn with one peer at a time, as each needs gigabytes.
record TrainingPeers(ModelOptions options, String python, Path script, Path folder) {
  private static final List<String> MODES =
      List.of(
          "float32",
          "float32-compile",
          "bfloat16",
          "bfloat16-compile",
          "float32-cut",
          "bfloat16-cut",
          "bfloat16-cut-compile");
  private static final String CUT = "cut";
  private static final int COMPARED_STEPS = 5;
  private static final double MS = 1000;

  Contest run() {
    Map<String, Object> load = inputs();
    List<String> modes = options.words("modes", MODES, List.of("float32", "bfloat16-cut"));
    List<Pair> pairs = new ArrayList<>();
    List<Player> ours = new ArrayList<>();
    Map<String, String> versions = new LinkedHashMap<>();
    try {
      for (String precision : options.precisions()) {
        ours.add(new Player(precision, Sides.ours("ours " + precision, OurModelSide.class, 1)));
        ours.getLast().load(load);
        ours.getLast().warmUp(options.number("warm-up", 6, 2), 0);
      }
      Setting setting = JsonMapper.shared().treeToValue(ours.getFirst().versions(), Setting.class);
      for (String mode : modes) {
        try (Player peer = new Player(mode, new Side(mode, command(), Map.of()))) {
          peer.versions()
              .properties()
              .forEach(entry -> versions.put(entry.getKey(), entry.getValue().asString()));
          peer.load(load);
          peer.warmUp(options.number("warm-up", 3, 1), 0);
          pairs.addAll(pairs(ours, peer, load));
        }
      }
      return new Contest(setting.with(versions), pairs, summary(pairs));
    } finally {
      ours.forEach(Player::close);
    }
  }

  private List<String> command() {
    return List.of(python, script.toString());
  }

  /// Writes what both read, and says how to load it.
  private Map<String, Object> inputs() {
    int batch = options.number("batch", 32, 4);
    int time = options.number("time", 128, 32);
    int batches = options.number("batches", 4, 2);
    Materials materials = options.materials(folder);
    Path model = materials.masked();
    Path ids = folder.resolve("ids");
    Path labels = folder.resolve("labels");
    int targets;
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      int rows = batch * batches;
      TokenFiles files = new TokenFiles(tokenizer, materials.lines(), rows * time);
      targets = files.writeMasked(rows, time, ids, labels);
    }
    Map<String, Object> load = new LinkedHashMap<>();
    load.put("case", "training");
    load.put("model", model.toString());
    load.put("ids", ids.toString());
    load.put("labels", labels.toString());
    load.put("batches", batches);
    load.put("batch", batch);
    load.put("time", time);
    load.put("targets", targets * batch);
    load.put("dropout", options.share("dropout"));
    load.put("threads", options.threads());
    return load;
  }

  private List<Pair> pairs(List<Player> ours, Player peer, Map<String, Object> load) {
    List<Player> all = new ArrayList<>(ours);
    all.add(peer);
    Map<Player, Times> times = Player.turns(all, options.number("rounds", 7, 2), "training");
    List<Pair> pairs = new ArrayList<>();
    for (Player our : ours) {
      Times ourTimes = times.getOrDefault(our, new Times(List.of()));
      Times peerTimes = times.getOrDefault(peer, new Times(List.of()));
      pairs.add(
          new Pair(
              "training",
              our.mode(),
              peer.mode(),
              ourTimes,
              peerTimes,
              Math.abs(our.losses().getFirst() - peer.losses().getFirst()),
              more(load, our, ourTimes, peer, peerTimes)));
    }
    return pairs;
  }

  private static Map<String, Object> more(
      Map<String, Object> load, Player our, Times ourTimes, Player peer, Times peerTimes) {
    Map<String, Object> more = new LinkedHashMap<>();
    more.put("shape", load.get("time") + "x" + load.get("batch"));
    for (String key : List.of("batch", "time", "targets", "dropout", "threads")) {
      more.put(key, load.getOrDefault(key, ""));
    }
    double tokens = ((Number) load.getOrDefault("batch", 0)).doubleValue();
    tokens *= ((Number) load.getOrDefault("time", 0)).doubleValue();
    more.put("oursTokensPerSecond", tokens / ourTimes.median() * MS);
    more.put("peerTokensPerSecond", tokens / peerTimes.median() * MS);
    our.peakBytes().ifPresent(bytes -> more.put("oursPeakBytes", bytes));
    peer.peakBytes().ifPresent(bytes -> more.put("peerPeakBytes", bytes));
    double products = our.products();
    more.put("oursProductsMs", products);
    more.put("oursShareOutside", 1 - products / ourTimes.median());
    more.put("oursLosses", first(our));
    more.put("peerLosses", first(peer));
    more.put("alternating", true);
    return more;
  }

  private static List<Double> first(Player player) {
    return player.losses().stream().limit(COMPARED_STEPS).toList();
  }

  /// The ratios that the project has goals for.
  private static Map<String, Object> summary(List<Pair> pairs) {
    Map<String, Object> summary = new LinkedHashMap<>();
    pairs.stream()
        .filter(pair -> pair.dtype().equals("float32") && pair.peer().equals("float32"))
        .findFirst()
        .ifPresent(pair -> summary.put("float32", pair.ratio()));
    put(summary, "best", pairs.stream().filter(pair -> !pair.peer().contains(CUT)).toList());
    put(summary, "cutHead", pairs.stream().filter(pair -> pair.peer().contains(CUT)).toList());
    return summary;
  }

  private static void put(Map<String, Object> summary, String name, List<Pair> pairs) {
    if (!pairs.isEmpty()) {
      Pair best = Contest.best(pairs);
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("ours", best.dtype());
      one.put("peer", best.peer());
      one.put("ratio", best.ratio());
      summary.put(name, one);
    }
  }
}
