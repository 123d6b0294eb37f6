package org.mneme.benchmarks.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Compares whole models at work with their Python peers: what `benchmarks/peers/run training`,
/// `inference`, `recurrent`, `generation` and `embed` start. Results go to stdout, everything else
/// to stderr.
///
/// Arguments: which of them, the peer's Python, its script, a folder for inputs and results, then
/// [ModelOptions].
public final class ModelPeers {
  private static final int OWN_ARGUMENTS = 4;
  private static final int USAGE = 2;

  private ModelPeers() {}

  /// Runs the comparison.
  public static void main(String[] args) throws IOException {
    Path script = Path.of(args[2]).toAbsolutePath();
    Path folder = RawFiles.folder(Path.of(args[3]).toAbsolutePath().resolve(args[0]));
    ModelOptions options;
    Contest contest;
    try {
      options = ModelOptions.parse(Arrays.asList(args).subList(OWN_ARGUMENTS, args.length));
      contest =
          switch (args[0]) {
            case "training" -> new TrainingPeers(options, args[1], script, folder).run();
            case "inference" -> new InferencePeers(options, args[1], script, folder).run();
            case "recurrent" -> new RecurrentPeers(options, args[1], script, folder).run();
            case "generation" -> new GenerationPeers(options, args[1], script, folder).run();
            case "embed" -> new EmbedPeers(options, args[1], script, folder).run();
            default -> throw new IllegalArgumentException(args[0] + " is no comparison");
          };
    } catch (IllegalArgumentException e) {
      System.err.println("run " + args[0] + ": " + e.getMessage());
      System.exit(USAGE);
      return;
    }
    System.out.println(
        options.json()
            ? JsonMapper.builder()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .build()
                .writeValueAsString(contest.json())
            : contest.text());
  }
}
