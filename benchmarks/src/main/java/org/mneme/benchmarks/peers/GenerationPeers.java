package org.mneme.benchmarks.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mneme.bench.Duel;
import org.mneme.text.Tokenizer;

/// A Llama goes on with a text, the best token each time: ours in each precision, without and with
/// a memory in the middle block, and transformers, all in turn.
record GenerationPeers(ModelOptions options, String python, Path script, Path folder) {
  private static final List<String> OURS =
      List.of(
          "float32",
          "bfloat16",
          "float32" + OurGeneration.WITH_MEMORY,
          "bfloat16" + OurGeneration.WITH_MEMORY);
  private static final List<String> MODES = List.of("float32", "bfloat16");
  private static final int FEWEST_WARM_UPS = 2;

  // long enough for any prompt, and not so plain that the scores of two words come close
  private static final String TEXT =
      """
      The lighthouse keeper counted the steps as he climbed, one hundred and twelve of them, each \
      worn hollow by the boots of those who had kept the light before him. At the top he wiped the \
      salt from the glass, trimmed the lamp, and looked out over the bay, where the fishing boats \
      were coming home in a long line. There were eleven of them. There should have been twelve. \
      """;

  /// @param prompt tokens that are read
  /// @param tokens that are written
  private record Shape(int prompt, int tokens) {
    static Shape parse(String text) {
      String[] parts = text.split("x", -1);
      if (parts.length != 2) {
        throw new IllegalArgumentException(
            text + " is no shape; write tokens of the prompt x tokens to write: 16x128");
      }
      return new Shape(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    @Override
    public String toString() {
      return prompt + "x" + tokens;
    }
  }

  Contest run() {
    List<Shape> shapes =
        options.words("shapes", List.of("16x128", "256x128"), List.of("16x8")).stream()
            .map(Shape::parse)
            .toList();
    Path model = options.materials(folder).decoder();
    Map<String, Object> load = new LinkedHashMap<>();
    load.put("case", "generation");
    load.put("model", model.toString());
    load.put("threads", options.threads());
    List<Pair> pairs = new ArrayList<>();
    try (Players players = new Players();
        Tokenizer tokenizer = Tokenizer.load(model)) {
      for (String mode : options.words("precisions", OURS, OURS.subList(0, 2))) {
        players.ours(mode, 1, load);
      }
      for (String mode : options.words("modes", MODES, MODES)) {
        players.peer(mode, List.of(python, script.toString()), load);
      }
      for (Shape shape : shapes) {
        pairs.addAll(pairs(shape, tokenizer, players));
      }
      return new Contest(players.setting(), pairs, summary(pairs));
    }
  }

  /// Words of the text until there are as many tokens as are asked for.
  private static String prompt(Tokenizer tokenizer, int tokens) {
    String[] words = TEXT.repeat(1 + tokens / 20).split("(?= )", -1);
    StringBuilder prompt = new StringBuilder();
    for (int i = 0; tokenizer.encode(prompt.toString()).ids().length < tokens; i++) {
      prompt.append(words[i]);
    }
    return prompt.toString();
  }

  private List<Pair> pairs(Shape shape, Tokenizer tokenizer, Players players) {
    String prompt = prompt(tokenizer, shape.prompt);
    Path ids = folder.resolve("ids");
    RawFiles.write(ids, tokenizer.encode(prompt).ids());
    Map<Player, int[]> written = new LinkedHashMap<>();
    for (Player player : players.all()) {
      player.shape(Map.of("prompt", prompt, "ids", ids.toString(), "tokens", shape.tokens));
      player.warmUp(FEWEST_WARM_UPS, options.number("warm-up", 40, 1) * Duel.LEAST_WARM_UP_MS);
      Path results =
          folder.resolve((players.ours().contains(player) ? "ours-" : "peer-") + player.mode());
      player.results(results);
      written.put(player, RawFiles.ints(results.resolve("tokens")));
    }
    Map<Player, Times> times =
        Player.turns(players.all(), options.number("rounds", 9, 2), "generation " + shape);
    List<Pair> pairs = new ArrayList<>();
    for (Player our : players.ours()) {
      for (Player peer : players.peers()) {
        int agreeing =
            agreeing(written.getOrDefault(our, new int[0]), written.getOrDefault(peer, new int[0]));
        Times ourTimes = times.getOrDefault(our, new Times(List.of()));
        Times peerTimes = times.getOrDefault(peer, new Times(List.of()));
        Map<String, Object> more = new LinkedHashMap<>();
        more.put("shape", shape.toString());
        more.put("threads", options.threads());
        more.put("oursTokensPerSecond", 1000 * shape.tokens / ourTimes.median());
        more.put("peerTokensPerSecond", 1000 * shape.tokens / peerTimes.median());
        more.put("agreeingTokens", agreeing);
        our.peakBytes().ifPresent(bytes -> more.put("oursPeakBytes", bytes));
        peer.peakBytes().ifPresent(bytes -> more.put("peerPeakBytes", bytes));
        more.put("alternating", true);
        pairs.add(
            new Pair(
                "generation",
                our.mode(),
                peer.mode(),
                ourTimes,
                peerTimes,
                shape.tokens - agreeing,
                more));
      }
    }
    return pairs;
  }

  /// How many tokens are the same from the beginning on.
  private static int agreeing(int[] some, int[] others) {
    int mismatch = Arrays.mismatch(some, others);
    return mismatch < 0 ? some.length : mismatch;
  }

  /// The ratios to transformers in float32.
  private static Map<String, Object> summary(List<Pair> pairs) {
    Map<String, Object> summary = new LinkedHashMap<>();
    pairs.stream()
        .filter(pair -> pair.peer().equals("float32"))
        .forEach(pair -> summary.put(pair.more().get("shape") + " " + pair.dtype(), pair.ratio()));
    return summary;
  }
}
