package org.mneme.benchmarks.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mneme.bench.Duel;
import org.mneme.text.Tokenizer;

/// Forward passes of MiniLM over texts without padding: ours in each precision, ONNX Runtime and
/// PyTorch, all in turn.
record InferencePeers(ModelOptions options, String python, Path script, Path folder) {
  private static final List<String> MODES =
      List.of("ort", "ort-fused", "torch-float32", "torch-bfloat16");
  private static final List<String> SHAPES =
      List.of("32x1", "32x8", "32x32", "128x1", "128x8", "128x32");
  private static final int FEWEST_WARM_UPS = 3;
  private static final int ARENAS = 16; // as `mneme embed`

  /// What is encoded at once.
  private record Shape(int time, int batch) {
    static Shape parse(String text) {
      String[] parts = text.split("x", -1);
      if (parts.length != 2) {
        throw new IllegalArgumentException(text + " is no shape; write tokens x batch: 128x8");
      }
      return new Shape(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    int tokens() {
      return time * batch;
    }

    @Override
    public String toString() {
      return time + "x" + batch;
    }
  }

  Contest run() {
    List<Shape> shapes =
        options.words("shapes", SHAPES, List.of("32x1", "32x8")).stream()
            .map(Shape::parse)
            .toList();
    Materials materials = options.materials(folder);
    Path encoder = materials.encoder();
    Map<String, Object> load = new LinkedHashMap<>();
    load.put("case", "inference");
    load.put("model", encoder.toString());
    load.put("threads", options.threads());
    List<Pair> pairs = new ArrayList<>();
    try (Players players = new Players();
        Tokenizer tokenizer = Tokenizer.load(encoder)) {
      int most = shapes.stream().mapToInt(Shape::tokens).max().orElseThrow();
      TokenFiles files = new TokenFiles(tokenizer, materials.lines(), most);
      for (String precision : options.precisions()) {
        players.ours(precision, ARENAS, load);
      }
      for (String mode : options.words("modes", MODES, MODES.subList(0, 2))) {
        if (mode.startsWith("ort")) {
          load.put("onnx", materials.onnx().toString());
        }
        players.peer(mode, List.of(python, script.toString()), load);
      }
      for (Shape shape : shapes) {
        pairs.addAll(pairs(shape, files, players));
      }
      return new Contest(players.setting(), pairs, summary(pairs));
    }
  }

  private List<Pair> pairs(Shape shape, TokenFiles files, Players players) {
    Path ids = folder.resolve("ids");
    files.write(shape.batch, shape.time, ids);
    Map<Player, Vectors> vectors = new LinkedHashMap<>();
    for (Player player : players.all()) {
      player.shape(Map.of("ids", ids.toString(), "batch", shape.batch, "time", shape.time));
      player.warmUp(FEWEST_WARM_UPS, options.number("warm-up", 40, 2) * Duel.LEAST_WARM_UP_MS);
      player.calibrate();
      Path results = folder.resolve(player.mode().replace(' ', '-'));
      player.results(results);
      float[] hidden = RawFiles.floats(results.resolve("hidden"));
      vectors.put(player, new Vectors(hidden, shape.batch, hidden.length / shape.tokens()));
    }
    Map<Player, Times> times =
        Player.turns(players.all(), options.number("rounds", 15, 2), "inference " + shape);
    List<Pair> pairs = new ArrayList<>();
    for (Player our : players.ours()) {
      for (Player peer : players.peers()) {
        Vectors expected = vectors.getOrDefault(peer, Vectors.NONE);
        Vectors got = vectors.getOrDefault(our, Vectors.NONE);
        Map<String, Object> more = new LinkedHashMap<>();
        more.put("shape", shape.toString());
        more.put("time", shape.time);
        more.put("batch", shape.batch);
        more.put("threads", options.threads());
        // against the first peer, which computes in float32
        more.put(
            "pooledCosine",
            got.leastCosine(vectors.getOrDefault(players.peers().getFirst(), Vectors.NONE)));
        our.peakBytes().ifPresent(bytes -> more.put("oursPeakBytes", bytes));
        peer.peakBytes().ifPresent(bytes -> more.put("peerPeakBytes", bytes));
        more.put("alternating", true);
        pairs.add(
            new Pair(
                "inference",
                our.mode(),
                peer.mode(),
                times.getOrDefault(our, new Times(List.of())),
                times.getOrDefault(peer, new Times(List.of())),
                got.largestDifference(expected),
                more));
      }
    }
    return pairs;
  }

  /// Of each shape and each of our modes, the ratio to the faster of ONNX Runtime's two.
  private static Map<String, Object> summary(List<Pair> pairs) {
    Map<String, Object> summary = new LinkedHashMap<>();
    for (Pair pair : pairs) {
      if (pair.peer().startsWith("ort")) {
        String key = pair.more().get("shape") + " " + pair.dtype();
        Object before = summary.get(key);
        summary.put(
            key, before instanceof Double ratio ? Math.min(ratio, pair.ratio()) : pair.ratio());
      }
    }
    return summary;
  }
}
