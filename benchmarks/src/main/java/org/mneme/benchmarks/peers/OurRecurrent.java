package org.mneme.benchmarks.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.mneme.data.CausalBatch;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.MaskedInput;
import org.mneme.model.SegmentMemory;
import org.mneme.model.TransformerXlConfig;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Workers;
import org.mneme.train.CrossEntropy;
import tools.jackson.databind.JsonNode;

/// Segments of a Transformer-XL of ours, forward and backward, as a training step runs them: rows
/// are shared out among the processors.
final class OurRecurrent implements OurModelSide.Work {
  private final CausalLanguageModel model;
  private final SegmentMemory memory;
  private final List<CausalBatch> batches = new ArrayList<>();
  private final Precision precision;
  private final Workers workers;
  private int at;

  /// Makes the model that `command` describes; it lives as long as the process.
  OurRecurrent(JsonNode command) {
    TransformerXlConfig config = TransformerXlConfig.fromJson(command.get("config"));
    model = new CausalLanguageModel(config, command.get("seed").asLong());
    precision = OurModes.precision(command.get("mode").asString());
    workers = new Workers(command.get("threads").asInt());
    int batch = command.get("batch").asInt();
    int time = command.get("time").asInt();
    memory = SegmentMemory.of(config, batch);
    int[] ids = RawFiles.ints(Path.of(command.get("ids").asString()));
    for (int from = 0; from < ids.length; from += batch * (time + 1)) {
      batches.add(batch(batch, time, Arrays.copyOfRange(ids, from, from + batch * (time + 1))));
    }
  }

  private static CausalBatch batch(int batch, int time, int[] ids) {
    long[] input = new long[batch * time];
    long[] targets = new long[batch * time];
    for (int row = 0; row < batch; row++) {
      for (int i = 0; i < time; i++) {
        input[row * time + i] = ids[row * (time + 1) + i];
        targets[row * time + i] = ids[row * (time + 1) + i + 1];
      }
    }
    long[] real = new long[input.length];
    Arrays.fill(real, 1);
    return new CausalBatch(
        batch, time, input, real, targets, new boolean[input.length], false, true);
  }

  @Override
  public Map<String, Object> answer(JsonNode command) {
    int calls = command.get("calls").asInt();
    double loss = 0;
    long start = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      loss = segment();
    }
    return Map.of("ms", (System.nanoTime() - start) / 1e6 / calls, "loss", loss);
  }

  /// Forward and backward; returns the loss.
  private double segment() {
    CausalBatch batch = batches.get(at++ % batches.size());
    double loss = 0;
    try (var products = precision.openForProcess()) {
      int parts = Math.min(workers.count(), batch.batch());
      List<Supplier<Double>> tasks = new ArrayList<>();
      for (int i = 0; i < parts; i++) {
        int from = batch.batch() * i / parts;
        CausalBatch rows = batch.rows(from, batch.batch() * (i + 1) / parts);
        tasks.add(() -> backward(rows, from, batch.targetCount()));
      }
      for (double part : workers.all(tasks)) {
        loss += part;
      }
    }
    memory.advance(batch);
    model.parameters().clearGradients();
    return loss;
  }

  private double backward(CausalBatch rows, int from, int targets) {
    try (var scope = new TensorScope()) {
      Tensor loss;
      try (var products = precision.openForThread()) {
        MaskedInput input = MaskedInput.of(rows, memory.part(from, rows));
        Tensor hidden = model.base().encodeTargets(input.input(), input.targets(), true);
        loss = CrossEntropy.PLAIN.mean(model, hidden, input.labels(), targets);
      }
      loss.backward();
      return loss.item_double();
    }
  }
}
