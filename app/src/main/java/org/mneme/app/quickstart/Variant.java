package org.mneme.app.quickstart;

import java.util.List;
import org.mneme.data.Masking;
import org.mneme.memory.DenseConfig;
import org.mneme.memory.Keys.ProductKeys;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.memory.ValueInit;
import org.mneme.memory.Values.Rows;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.MemoryPlacement;
import org.mneme.model.MemoryPlacement.Placement;
import org.mneme.model.MemoryPlacement.ReadAt;
import org.mneme.train.OptimizerConfig;
import org.mneme.train.Schedule;
import org.mneme.train.StopConfig;
import org.mneme.train.TrainConfig;
import org.mneme.train.Trainer;

/// One way of learning the facts.
public enum Variant {
  /// Every parameter of the model is trained, nothing is added.
  FULL("full", "everything trained, nothing added", 5e-4, 0.3, 0),
  /// The model is frozen, a dense feed-forward of the memory's compute is added and trained.
  DENSE("dense", "model frozen, a dense feed-forward of like compute added", 3e-3, 0.2, 10),
  /// The model is frozen, a product-key memory is added and trained.
  MEMORY("memory", "model frozen, a product-key memory added", 1e-3, 0.2, 10);

  private static final double VALUE_RATE = 5e-2;
  private static final double SCORE_SCALE = 5;
  private static final int WARMUP_STEPS = 10;

  private final String label;
  private final String note;
  private final double learningRate;
  private final double maskProbability;
  private final int maskings;

  Variant(String label, String note, double learningRate, double maskProbability, int maskings) {
    this.label = label;
    this.note = note;
    this.learningRate = learningRate;
    this.maskProbability = maskProbability;
    this.maskings = maskings;
  }

  /// Its name in tables and JSON.
  public String label() {
    return label;
  }

  /// What it does, in a few words.
  public String note() {
    return note;
  }

  /// The exercises it learns from: those with which it was best on facts that are not reported.
  public Masking masking() {
    return Quickstart.masking(maskProbability);
  }

  /// In how many ways each fact is masked, 0 for ever new; what is frozen runs once for each.
  public int maskings() {
    return maskings;
  }

  /// The model that learns: that one with what is added, read at the targets of its last block, and
  /// without dropout, which would be noise in what is frozen and keep it from running once for each
  /// masking.
  public ArchitectureConfig in(ArchitectureConfig model, int keysPerSide) {
    ArchitectureConfig plain = model.withDropout(0);
    SparseMemoryConfig memory = memory(model.dim(), keysPerSide);
    return switch (this) {
      case FULL -> plain;
      case DENSE -> plain.withMemory(lastBlock(model, DenseConfig.ofSameCompute(memory)));
      case MEMORY -> plain.withMemory(lastBlock(model, memory));
    };
  }

  private static MemoryPlacement lastBlock(ArchitectureConfig model, MemoryConfig layer) {
    return new MemoryPlacement(
        List.of(model.layers() - 1), Placement.BESIDE, ReadAt.TARGETS, layer);
  }

  /// Values start at zero, so that training begins with the model as it is. Scores are scaled, and
  /// the scale learned: a softmax over fresh scores is flat and the memory would do nothing for
  /// hundreds of steps.
  private static SparseMemoryConfig memory(int dim, int keysPerSide) {
    return SparseMemoryConfig.defaults(dim)
        .with(memory -> {
          memory.keys = new ProductKeys(keysPerSide);
          memory.queryNorm = QueryNorm.BATCH;
          memory.scoreActivation = new ScaledSoftmax(SCORE_SCALE);
          memory.values = new Rows(ValueInit.ZERO);
        });
  }

  /// How it is trained in so many seconds.
  public Trainer.Settings training(double seconds, long seed) {
    return new Trainer.Settings(
        TrainConfig.DEFAULT.with(train -> {
          train.stop = StopConfig.afterSeconds(seconds);
          train.freeze = this == FULL ? List.of() : List.of("backbone");
        }),
        OptimizerConfig.DEFAULT.with(optimizer -> {
          optimizer.learningRate = learningRate;
          optimizer.valueLearningRate = VALUE_RATE;
          optimizer.schedule = new Schedule.Linear(WARMUP_STEPS);
          optimizer.valueSchedule = new Schedule.Linear(0);
        }),
        seed);
  }
}
