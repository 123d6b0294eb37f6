package org.mneme.benchmarks.peers;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.TokenBatch;
import org.mneme.model.MaskedInput;
import org.mneme.model.PreparedEncoder;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import tools.jackson.databind.JsonNode;

/// Forward passes of our encoder over texts without padding.
final class OurInference implements OurModelSide.Work {
  private final PreparedEncoder encoder;
  private TokenBatch batch = new TokenBatch(0, 0, new long[0], new long[0], false);

  /// Loads what `command` names. The model lives as long as the process.
  OurInference(JsonNode command) {
    PretrainedModel model = PretrainedModel.load(Path.of(command.get("model").asString()));
    encoder =
        new PreparedEncoder(model.encoder(), OurModes.precision(command.get("mode").asString()));
  }

  @Override
  public Map<String, Object> answer(JsonNode command) {
    return switch (command.get("do").asString()) {
      case "shape" -> shape(command);
      case "round" -> round(command.get("calls").asInt());
      case "results" -> results(Path.of(command.get("folder").asString()));
      default -> throw new IllegalArgumentException("no command: " + command);
    };
  }

  private Map<String, Object> shape(JsonNode command) {
    int[] ids = RawFiles.ints(Path.of(command.get("ids").asString()));
    long[] attended = new long[ids.length];
    Arrays.fill(attended, 1);
    batch =
        new TokenBatch(
            command.get("batch").asInt(),
            command.get("time").asInt(),
            Arrays.stream(ids).asLongStream().toArray(),
            attended,
            false);
    return Map.of();
  }

  private Map<String, Object> round(int calls) {
    encode(); // awake, and caches warm
    long start = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      encode();
    }
    return Map.of("ms", (System.nanoTime() - start) / 1e6 / calls);
  }

  private void encode() {
    try (var scope = new TensorScope()) {
      Tensor unused = encoder.encode(MaskedInput.of(batch));
    }
  }

  private Map<String, Object> results(Path folder) {
    try (var scope = new TensorScope()) {
      Tensor hidden = encoder.encode(MaskedInput.of(batch));
      RawFiles.write(folder.resolve("hidden"), Tensors.floats(hidden));
    }
    return Map.of();
  }
}
