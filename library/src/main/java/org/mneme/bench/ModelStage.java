package org.mneme.bench;

import static org.mneme.bench.ModelSetting.DIM;

import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.jspecify.annotations.Nullable;
import org.mneme.bench.ModelSetting.Reads;
import org.mneme.bench.ModelSetting.Task;
import org.mneme.data.MaskedBatch;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.model.Activation;
import org.mneme.model.BertConfig;
import org.mneme.model.MaskedInput;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.tensor.Precision;
import org.mneme.tensor.TensorScope;
import org.mneme.train.OptimizerConfig;
import org.mneme.train.Schedule;
import org.mneme.train.TrainConfig;
import org.mneme.train.Trainer;

/// See [Stage#model]. The weights are drawn, the tokens too: neither changes what a step costs.
final class ModelStage implements Stage {
  private static final int VOCABULARY = 30_522;
  private static final int BLOCKS = 6;
  private static final int MASK = 103;
  private static final int TARGETS_IN = 100; // tokens ...
  private static final int TARGETS = 15; // ... of which so many are to be guessed

  /// What [MaskedSteps] trains with.
  static final Trainer.Settings TRAINING =
      new Trainer.Settings(
          TrainConfig.ofSteps(Long.MAX_VALUE),
          OptimizerConfig.DEFAULT.with(optimizer -> {
            optimizer.learningRate = 1e-4;
            optimizer.valueLearningRate = 1e-3;
            optimizer.betas = List.of(0.9, 0.999); // as torch has it
            optimizer.schedule = Schedule.Constant.DEFAULT;
          }),
          1);

  private final Sizes sizes;
  private final MaskedLanguageModel model;
  private final MaskedBatch batch;
  private final @Nullable MaskedSteps steps;

  ModelStage(ModelSetting setting) {
    int keys = setting.reads() == Reads.NOWHERE ? 0 : setting.keysPerSide();
    sizes = new Sizes(keys, DIM, DIM, setting.texts() * setting.time());
    model = new MaskedLanguageModel(config(setting), 1);
    batch = batch(setting);
    steps =
        setting.task() == Task.STEP
            ? new MaskedSteps(model, List.of(batch), Precision.FLOAT32)
            : null;
  }

  private static BertConfig config(ModelSetting setting) {
    SparseMemoryConfig layer =
        SparseMemoryConfig.defaults(DIM)
            .with(memory -> {
              memory.keys = new ProductKeys(setting.keysPerSide());
              memory.heads = setting.heads();
              memory.slotsPerHead = Sizes.SLOTS_PER_HEAD;
              memory.queryDim = setting.queryDim();
              memory.queryNorm = QueryNorm.LAYER;
            });
    ReadAt at =
        switch (setting.reads()) {
          case NOWHERE, ALL -> ReadAt.ALL;
          case TARGETS -> ReadAt.TARGETS;
        };
    return new BertConfig(
        BertConfig.Family.BERT,
        VOCABULARY,
        DIM,
        BLOCKS,
        12,
        4 * DIM,
        Activation.GELU,
        512,
        2,
        1e-12,
        0,
        0,
        0,
        true,
        setting.reads() == Reads.NOWHERE
            ? null
            : new MemoryPlacement(List.of(BLOCKS - 1), Placement.BESIDE, at, layer));
  }

  private static MaskedBatch batch(ModelSetting setting) {
    RandomGenerator random = new SplittableRandom(1);
    int tokens = setting.texts() * setting.time();
    long[] ids = random.longs(tokens, 1000, VOCABULARY).toArray();
    long[] targets = LongStream.range(0, tokens).filter(i -> i % TARGETS_IN < TARGETS).toArray();
    long[] labels = LongStream.of(targets).map(at -> ids[(int) at]).toArray();
    LongStream.of(targets).forEach(at -> ids[(int) at] = MASK);
    long[] attended = LongStream.generate(() -> 1).limit(tokens).toArray();
    return new MaskedBatch(setting.texts(), setting.time(), ids, attended, targets, labels, false);
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public Round run() {
    var clock = new Round.Clock();
    if (steps == null) {
      try (var scope = new TensorScope();
          var guard = new NoGradGuard()) {
        model.encoder().encode(MaskedInput.of(batch).input(), false);
      }
      clock.stage("inference");
    } else {
      var unused = steps.run();
      clock.stage("step");
    }
    return clock.round();
  }

  @Override
  public void close() {
    if (steps != null) {
      steps.close();
    }
    model.close();
  }
}
