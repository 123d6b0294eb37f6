package org.mneme.benchmarks.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.mneme.bench.Duel;
import org.mneme.bench.Setting;
import org.mneme.checkpoint.SafetensorsWriter;
import org.mneme.model.Activation;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.NewModelConfig;
import org.mneme.model.TransformerXlConfig;
import tools.jackson.databind.json.JsonMapper;

/// Forward and backward passes of a Transformer-XL with its memory: ours in each precision beside
/// the same in PyTorch, whole and as attention alone (a block with one inner unit, 256 words).
record RecurrentPeers(ModelOptions options, String python, Path script, Path folder) {
  private static final List<String> MODES =
      List.of("float32", "float32-compile", "bfloat16", "bfloat16-compile");
  private static final int COMPARED_STEPS = 5;
  private static final int FEWEST_WARM_UPS = 2;
  private static final long SEED = 1;

  /// A case: which model, on segments of `time` tokens, with `memory` tokens remembered, `batch`
  /// rows.
  private record Shape(String what, int time, int memory, int batch) {
    static Shape parse(String text) {
      String[] parts = text.split("[x:]");
      if (parts.length != 4 || !List.of("model", "attention").contains(parts[0])) {
        throw new IllegalArgumentException(
            text + " is no shape; give model:TIMExMEMORYxBATCH or attention:TIMExMEMORYxBATCH");
      }
      return new Shape(
          parts[0],
          Integer.parseInt(parts[1]),
          Integer.parseInt(parts[2]),
          Integer.parseInt(parts[3]));
    }

    TransformerXlConfig config() {
      boolean whole = what.equals("model");
      return new NewModelConfig.TransformerXl(
              512,
              whole ? 4 : 1,
              8,
              64,
              whole ? 2048 : 1,
              Activation.RELU,
              memory,
              false,
              0,
              false,
              List.of(),
              0,
              1)
          .config(whole ? 8192 : 256, 0);
    }

    @Override
    public String toString() {
      return "%s:%dx%dx%d".formatted(what, time, memory, batch);
    }
  }

  Contest run() {
    List<Shape> shapes =
        options
            .words(
                "shapes",
                List.of("attention:128x128x8", "attention:512x512x4", "model:128x128x8"),
                List.of("attention:16x16x2"))
            .stream()
            .map(Shape::parse)
            .toList();
    List<String> modes = options.words("modes", MODES, List.of("float32"));
    List<Pair> pairs = new ArrayList<>();
    Map<String, String> versions = new LinkedHashMap<>();
    Setting setting = Setting.here();
    for (Shape shape : shapes) {
      Map<String, Object> load = inputs(shape);
      List<Player> ours = new ArrayList<>();
      try {
        for (String precision : options.precisions()) {
          ours.add(new Player(precision, Sides.ours("ours " + precision, OurModelSide.class, 1)));
          ours.getLast().load(load);
          warmUp(ours.getLast());
        }
        for (String mode : modes) {
          try (Player peer =
              new Player(mode, new Side(mode, List.of(python, "" + script), Map.of()))) {
            peer.versions()
                .properties()
                .forEach(entry -> versions.put(entry.getKey(), entry.getValue().asString()));
            peer.load(load);
            warmUp(peer);
            pairs.addAll(pairs(shape, ours, peer));
          }
        }
        setting = JsonMapper.shared().treeToValue(ours.getFirst().versions(), Setting.class);
      } finally {
        ours.forEach(Player::close);
      }
    }
    return new Contest(setting.with(versions), pairs, Map.of());
  }

  /// Of each side alike: as long as the JVM's compiler takes. A round then takes as many segments
  /// as tell how fast a training goes, not how fast its threads awake.
  private void warmUp(Player player) {
    player.warmUp(FEWEST_WARM_UPS, options.number("warm-up", 80, 2) * Duel.LEAST_WARM_UP_MS);
    player.calibrate();
  }

  /// Writes weights and tokens, and says how to load them.
  private Map<String, Object> inputs(Shape shape) {
    TransformerXlConfig config = shape.config();
    Path weights = folder.resolve("weights.safetensors");
    try (var model = new CausalLanguageModel(config, SEED)) {
      SafetensorsWriter.write(weights, model.parameters().all(), Map.of());
    }
    int batches = options.number("batches", 8, 4);
    int[] ids = new int[batches * shape.batch * (shape.time + 1)];
    SplittableRandom random = new SplittableRandom(SEED);
    for (int i = 0; i < ids.length; i++) {
      ids[i] = random.nextInt(config.vocabulary());
    }
    Path file = folder.resolve("ids");
    RawFiles.write(file, ids);
    Map<String, Object> load = new LinkedHashMap<>();
    load.put("case", "recurrent");
    load.put("config", config.toJson());
    load.put("weights", weights.toString());
    load.put("ids", file.toString());
    load.put("batches", batches);
    load.put("batch", shape.batch);
    load.put("time", shape.time);
    load.put("seed", SEED);
    load.put("threads", options.threads());
    return load;
  }

  private List<Pair> pairs(Shape shape, List<Player> ours, Player peer) {
    List<Player> all = new ArrayList<>(ours);
    all.add(peer);
    Map<Player, Times> times = Player.turns(all, options.number("rounds", 15, 2), "" + shape);
    List<Pair> pairs = new ArrayList<>();
    for (Player our : ours) {
      Map<String, Object> more = new LinkedHashMap<>();
      more.put("shape", shape.toString());
      more.put("threads", options.threads());
      our.peakBytes().ifPresent(bytes -> more.put("oursPeakBytes", bytes));
      peer.peakBytes().ifPresent(bytes -> more.put("peerPeakBytes", bytes));
      more.put("oursLosses", first(our));
      more.put("peerLosses", first(peer));
      more.put("alternating", true);
      pairs.add(
          new Pair(
              "recurrent",
              our.mode(),
              peer.mode(),
              times.getOrDefault(our, new Times(List.of())),
              times.getOrDefault(peer, new Times(List.of())),
              difference(our, peer),
              more));
    }
    return pairs;
  }

  /// Of the losses of the first segments, the later of which see memories.
  private static double difference(Player our, Player peer) {
    double largest = 0;
    for (int i = 0; i < Math.min(our.losses().size(), peer.losses().size()); i++) {
      if (i < COMPARED_STEPS) {
        largest = Math.max(largest, Math.abs(our.losses().get(i) - peer.losses().get(i)));
      }
    }
    return largest;
  }

  private static List<Double> first(Player player) {
    return player.losses().stream().limit(COMPARED_STEPS).toList();
  }
}
