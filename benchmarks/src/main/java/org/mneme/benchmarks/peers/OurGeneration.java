package org.mneme.benchmarks.peers;

import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.mneme.checkpoint.ModelFolder;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.generate.Sampling;
import org.mneme.generate.TextGenerator;
import org.mneme.generate.TextState;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.MemoryType;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.PreparedDecoder;
import org.mneme.text.Tokenizer;
import tools.jackson.databind.JsonNode;

/// Texts that a causal model of ours goes on with, as `mneme generate` does: tokens become text,
/// too.
final class OurGeneration implements OurModelSide.Work {
  static final String WITH_MEMORY = "-memory";

  private static final int KEYS_PER_SIDE = 256;
  private static final long SEED = 1;

  private final PreparedDecoder decoder;
  private final Tokenizer tokenizer;
  private String prompt = "";
  private int tokens;
  private int[] written = new int[0];

  /// Loads what `command` names. The model lives as long as the process.
  OurGeneration(JsonNode command) {
    Path folder = Path.of(command.get("model").asString());
    String mode = command.get("mode").asString();
    boolean remembers = mode.endsWith(WITH_MEMORY);
    PretrainedModel model =
        remembers
            ? PretrainedModel.augment(
                folder, memory(ArchitectureConfig.fromJson(ModelFolder.readConfig(folder))), SEED)
            : PretrainedModel.load(folder);
    decoder =
        new PreparedDecoder(
            model.causalLanguageModel(), OurModes.precision(mode.replace(WITH_MEMORY, "")));
    tokenizer = Tokenizer.load(folder);
  }

  /// Beside the feed-forward of the block in the middle.
  private static MemoryPlacement memory(ArchitectureConfig config) {
    return new MemoryPlacement(
        List.of(config.layers() / 2),
        MemoryPlacement.Placement.BESIDE,
        MemoryPlacement.ReadAt.ALL,
        MemoryType.PRODUCT_KEY
            .defaults(config.dim())
            .with(memory -> {
              memory.keys = new ProductKeys(KEYS_PER_SIDE);
              memory.values = new Values.Rows(ValueInit.NORMAL);
            }));
  }

  @Override
  public Map<String, Object> answer(JsonNode command) {
    return switch (command.get("do").asString()) {
      case "shape" -> {
        prompt = command.get("prompt").asString();
        tokens = command.get("tokens").asInt();
        yield Map.of();
      }
      case "round" -> round();
      case "results" -> {
        RawFiles.write(Path.of(command.get("folder").asString()).resolve("tokens"), written);
        yield Map.of();
      }
      default -> throw new IllegalArgumentException("no command: " + command);
    };
  }

  private Map<String, Object> round() {
    long start = System.nanoTime();
    try (TextState state = new TextState(decoder.config(), 1)) {
      var options = new TextGenerator.Options(tokens, Sampling.GREEDY, List.of());
      written =
          new TextGenerator(decoder, tokenizer, new BitSet())
              .generate(prompt, state, options, (_, piece) -> {})
              .getFirst()
              .tokens();
    }
    return Map.of("ms", (System.nanoTime() - start) / 1e6);
  }
}
