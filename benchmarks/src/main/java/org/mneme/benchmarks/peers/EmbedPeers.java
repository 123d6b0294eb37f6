package org.mneme.benchmarks.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.mneme.bench.Setting;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `mneme embed` beside a script with sentence-transformers: whole processes, from the file of
/// texts to the file of vectors, in turn.
record EmbedPeers(ModelOptions options, String python, Path script, Path folder) {
  private static final List<String> MODES = List.of("float32", "bfloat16");
  private static final List<String> BATCH_SIZES = List.of("32", "64", "128");
  private static final int SAMPLE = 2000;
  private static final double MS = 1000;

  Contest run() throws IOException {
    Materials materials = options.materials(folder);
    Path model = materials.encoder();
    int lines = options.number("lines", 20_000, 200);
    List<String> texts = materials.lines().stream().limit(lines).toList();
    if (texts.size() < lines) {
      throw new IllegalArgumentException(
          "--lines " + lines + ", but the texts are " + texts.size() + "; take fewer");
    }
    Path file = Files.write(RawFiles.folder(folder).resolve("texts.txt"), texts);
    Path sample =
        Files.write(
            folder.resolve("sample.txt"),
            texts.subList(0, Math.min(SAMPLE, options.quick() ? 50 : lines)));
    List<WholeProcess> ours = new ArrayList<>();
    for (String precision : options.precisions()) {
      ours.add(ours(precision, model, file));
    }
    List<WholeProcess> peers = new ArrayList<>();
    for (String mode : options.words("modes", MODES, MODES.subList(0, 1))) {
      peers.add(peer(mode, bestBatchSize(mode, model, sample), model, file));
    }
    turns(ours, peers);
    Setting setting = Setting.here().with(peers.getFirst().versions());
    List<Pair> pairs = new ArrayList<>();
    for (WholeProcess our : ours) {
      for (WholeProcess peer : peers) {
        pairs.add(pair(our, peer, peers.getFirst(), lines));
      }
    }
    return new Contest(setting, pairs, summary(pairs));
  }

  /// Each once before it counts, so that files are in memory and our class cache is made.
  private void turns(List<WholeProcess> ours, List<WholeProcess> peers) {
    List<WholeProcess> all = new ArrayList<>(ours);
    all.addAll(peers);
    all.forEach(WholeProcess::warmUp);
    int rounds = options.number("rounds", 5, 1);
    for (int i = 0; i < rounds; i++) {
      for (WholeProcess one : all) {
        double ms = one.run();
        System.err.printf(Locale.ROOT, "embed, round %d, %s: %.0f ms%n", i + 1, one.id(), ms);
      }
    }
  }

  private WholeProcess ours(String precision, Path model, Path file) {
    Path launcher = script.resolveSibling("../../mneme").normalize();
    List<String> command = new ArrayList<>(List.of(launcher.toString(), "embed"));
    command.addAll(List.of("--model", model.toString(), file.toString()));
    command.addAll(OurModes.option(precision));
    return new WholeProcess("ours " + precision, precision, command, folder);
  }

  private WholeProcess peer(String mode, int batchSize, Path model, Path file) {
    return new WholeProcess(
        "peer " + mode + " batch " + batchSize,
        mode,
        List.of(
            python,
            script.toString(),
            "--model",
            model.toString(),
            "--precision",
            mode,
            "--batch-size",
            Integer.toString(batchSize),
            "--threads",
            Integer.toString(options.threads()),
            file.toString()),
        folder);
  }

  /// The batch size that encodes a sample of the texts in the shortest time.
  private int bestBatchSize(String mode, Path model, Path sample) {
    int best = 0;
    double least = Double.MAX_VALUE;
    for (String size : options.words("batch-sizes", BATCH_SIZES, List.of("32"))) {
      WholeProcess trial = peer(mode, Integer.parseInt(size), model, sample);
      trial.warmUp();
      double seconds = trial.seconds().getOrDefault("encode", Double.MAX_VALUE);
      System.err.printf(Locale.ROOT, "embed, %s: %.2f s of the sample%n", trial.id(), seconds);
      if (seconds < least) {
        least = seconds;
        best = Integer.parseInt(size);
      }
    }
    return best;
  }

  private static Pair pair(WholeProcess our, WholeProcess peer, WholeProcess first, int lines) {
    Map<String, Object> more = new LinkedHashMap<>();
    more.put("lines", lines);
    more.put("peerCommand", peer.id());
    more.put("leastCosine", cosines(our, first));
    our.peakBytes().ifPresent(bytes -> more.put("oursPeakBytes", bytes));
    peer.peakBytes().ifPresent(bytes -> more.put("peerPeakBytes", bytes));
    more.put("peerSeconds", peer.seconds());
    // the peer's start is Python's imports: without them, against all of ours
    Map<String, Double> seconds = peer.seconds();
    double work = seconds.getOrDefault("encode", 0.0) + seconds.getOrDefault("output", 0.0);
    more.put("ratioWithoutPeersStart", work * MS / our.times().median());
    more.put("alternating", true);
    return new Pair(
        "embed", our.mode(), peer.mode(), our.times(), peer.times(), difference(our, peer), more);
  }

  /// The least cosine of the vectors of a text.
  private static double cosines(WholeProcess our, WholeProcess peer) {
    double[] least = {1};
    compare(
        our,
        peer,
        (a, b) -> {
          double cosine = new Vectors(a, 1, a.length).leastCosine(new Vectors(b, 1, b.length));
          least[0] = Math.min(least[0], cosine);
        });
    return least[0];
  }

  private static double difference(WholeProcess our, WholeProcess peer) {
    double[] largest = {0};
    compare(
        our,
        peer,
        (a, b) -> {
          double one = new Vectors(a, 1, a.length).largestDifference(new Vectors(b, 1, b.length));
          largest[0] = Math.max(largest[0], one);
        });
    return largest[0];
  }

  private interface Both {
    void take(float[] ours, float[] theirs);
  }

  private static void compare(WholeProcess our, WholeProcess peer, Both both) {
    try (var ourLines = Files.newBufferedReader(our.output());
        var peerLines = Files.newBufferedReader(peer.output())) {
      String ourLine = ourLines.readLine();
      String peerLine = peerLines.readLine();
      while (ourLine != null && peerLine != null) {
        JsonNode ours = JsonMapper.shared().readTree(ourLine);
        JsonNode theirs = JsonMapper.shared().readTree(peerLine);
        if (!ours.get("text").equals(theirs.get("text"))) {
          throw new IllegalStateException("another text: " + ourLine + "\n" + peerLine);
        }
        both.take(vector(ours), vector(theirs));
        ourLine = ourLines.readLine();
        peerLine = peerLines.readLine();
      }
      if (ourLine != null || peerLine != null) {
        throw new IllegalStateException(our.id() + " and " + peer.id() + " differ in lines");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static float[] vector(JsonNode line) {
    return JsonMapper.shared().treeToValue(line.get("embedding"), float[].class);
  }

  private static Map<String, Object> summary(List<Pair> pairs) {
    Map<String, Object> summary = new LinkedHashMap<>();
    for (String type : MODES) {
      pairs.stream()
          .filter(pair -> pair.dtype().equals(type) && pair.peer().equals(type))
          .findFirst()
          .ifPresent(pair -> summary.put(type, pair.ratio()));
    }
    summary.put("best", Contest.best(pairs).ratio());
    return summary;
  }
}
