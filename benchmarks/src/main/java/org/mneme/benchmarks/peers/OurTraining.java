package org.mneme.benchmarks.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.mneme.bench.MaskedSteps;
import org.mneme.bench.StepProducts;
import org.mneme.checkpoint.PretrainedModel;
import org.mneme.data.MaskedBatch;
import org.mneme.tensor.Precision;
import tools.jackson.databind.JsonNode;

/// Masked-LM steps of ours.
final class OurTraining implements OurModelSide.Work {
  private static final long SEED = 1;

  private final MaskedSteps steps;
  private final StepProducts products;

  /// Loads what `command` names. The model lives as long as the process.
  OurTraining(JsonNode command) {
    double dropout = command.get("dropout").asDouble();
    PretrainedModel model =
        PretrainedModel.loadWithHead(
            Path.of(command.get("model").asString()), SEED, config -> config.withDropout(dropout));
    Precision precision = OurModes.precision(command.get("mode").asString());
    steps = new MaskedSteps(model.maskedLanguageModel(), batches(command), precision);
    products =
        new StepProducts(
            model.encoder().config(),
            command.get("batch").asInt(),
            command.get("time").asInt(),
            command.get("targets").asInt(),
            precision);
  }

  private static List<MaskedBatch> batches(JsonNode command) {
    int batch = command.get("batch").asInt();
    int time = command.get("time").asInt();
    int[] ids = RawFiles.ints(Path.of(command.get("ids").asString()));
    int[] labels = RawFiles.ints(Path.of(command.get("labels").asString()));
    List<MaskedBatch> batches = new ArrayList<>();
    for (int from = 0; from < ids.length; from += batch * time) {
      batches.add(
          batch(
              batch,
              time,
              Arrays.copyOfRange(ids, from, from + batch * time),
              Arrays.copyOfRange(labels, from, from + batch * time)));
    }
    return batches;
  }

  private static MaskedBatch batch(int batch, int time, int[] ids, int[] labels) {
    int[] targets =
        IntStream.range(0, labels.length).filter(at -> labels[at] != TokenFiles.IGNORED).toArray();
    long[] attended = new long[ids.length];
    Arrays.fill(attended, 1);
    return new MaskedBatch(
        batch,
        time,
        Arrays.stream(ids).asLongStream().toArray(),
        attended,
        Arrays.stream(targets).asLongStream().toArray(),
        Arrays.stream(targets).mapToLong(at -> labels[at]).toArray(),
        false);
  }

  @Override
  public Map<String, Object> answer(JsonNode command) {
    if (command.get("do").asString().equals("products")) {
      return Map.of("ms", products.run());
    }
    long start = System.nanoTime();
    double loss = steps.run();
    return Map.of("ms", (System.nanoTime() - start) / 1e6, "loss", loss);
  }
}
