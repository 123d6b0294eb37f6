package org.mneme.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.TinyModel;
import org.mneme.data.MaskedBatches;
import org.mneme.memory.MemoryConfig;
import org.mneme.memory.MemoryType;
import org.mneme.memory.Output.SiluGate;
import org.mneme.memory.QueryNorm;
import org.mneme.memory.ScoreActivation.ScaledSoftmax;
import org.mneme.memory.Table;
import org.mneme.memory.ValueInit;
import org.mneme.memory.ValueTable;
import org.mneme.memory.Values.Experts;
import org.mneme.memory.Values.Rows;
import org.mneme.model.MaskedLanguageModel;
import org.mneme.model.MemoryPlacement;

/// Settings, models, exercises and watchers of runs that take a moment.
final class TinyTraining {
  static final MaskedBatches BATCHES = TinyModel.batches(60, 160, 3);

  /// Constant rates, the usual betas, no decay.
  static final OptimizerConfig PLAIN =
      OptimizerConfig.DEFAULT.with(optimizer -> {
        optimizer.weightDecay = 0;
        optimizer.betas = List.of(0.9, 0.999);
        optimizer.schedule = Schedule.Constant.DEFAULT;
      });

  private TinyTraining() {}

  /// Rates that a tiny model learns with.
  static Trainer.Settings config(long steps, String... frozen) {
    return new Trainer.Settings(
        TrainConfig.ofSteps(steps).with(train -> train.freeze = List.of(frozen)),
        PLAIN.with(optimizer -> {
          optimizer.learningRate = 3e-3;
          optimizer.valueLearningRate = 1e-2;
          optimizer.weightDecay = 0.01;
          optimizer.schedule = new Schedule.Linear(2);
          optimizer.valueSchedule = new Schedule.Cosine(0);
        }),
        5);
  }

  /// The same with other settings of the loop.
  static Trainer.Settings with(Trainer.Settings settings, Consumer<TrainConfig.Draft> changes) {
    return new Trainer.Settings(
        settings.train().with(changes), settings.optimizer(), settings.seed());
  }

  /// Constant rates and limits of the gradients' norms, nothing frozen.
  static Trainer.Settings clipped(long steps, double rate, double clip, double valueClip) {
    return new Trainer.Settings(
        TrainConfig.ofSteps(steps),
        PLAIN.with(optimizer -> {
          optimizer.learningRate = rate;
          optimizer.valueLearningRate = rate;
          optimizer.clipNorm = clip;
          optimizer.valueClipNorm = valueClip;
        }),
        5);
  }

  /// A memory with values that are not zero.
  static MemoryConfig memory(QueryNorm norm) {
    return TinyModel.memory(16)
        .with(memory -> {
          memory.queryNorm = norm;
          memory.scoreActivation = new ScaledSoftmax(2);
          memory.values = new Rows(ValueInit.NORMAL);
        });
  }

  /// A memory whose table is of bfloat16.
  static MemoryConfig halfWidth() {
    return TinyModel.memory(MemoryType.PRODUCT_KEY, 16)
        .with(memory -> {
          memory.queryNorm = QueryNorm.LAYER;
          memory.values = new Rows(ValueInit.NORMAL);
          memory.tableType = Table.Type.BFLOAT16;
        });
  }

  /// Experts that read through a gate, one table for all layers.
  static MemoryConfig sharedExperts(QueryNorm norm) {
    return TinyModel.memory(MemoryType.PEER, 16)
        .with(memory -> {
          memory.queryNorm = norm;
          memory.values = new Experts(ValueInit.NORMAL);
          memory.output = new SiluGate(5);
          memory.sharedTable = "experts";
        });
  }

  /// A tiny model with memories beside both blocks, or none.
  static MaskedLanguageModel model(@Nullable MemoryConfig memory, double dropout) {
    MemoryPlacement placement = memory == null ? null : TinyModel.beside(memory, 0, 1);
    return new MaskedLanguageModel(
        TinyModel.config().withMemory(placement).withDropout(dropout), 11);
  }

  /// The loss of a function of the step, which may read tables.
  record LossOf(LongFunction<Tensor> step, Map<String, ValueTable> tables) implements Objective {
    static LossOf function(Supplier<Tensor> loss) {
      return new LossOf(step -> loss.get(), Map.of());
    }

    @Override
    public boolean divisible() {
      return false;
    }

    @Override
    public List<List<Part>> batches(long step, int count, int most) {
      return List.of(List.of(() -> new Objective.Loss(this.step.apply(step), 1, 1)));
    }
  }

  /// The same batch again and again.
  record SameBatch(Objective objective) implements Objective {
    @Override
    public void recompute(boolean recomputes) {
      objective.recompute(recomputes);
    }

    @Override
    public boolean divisible() {
      return objective.divisible();
    }

    @Override
    public Map<String, ValueTable> tables() {
      return objective.tables();
    }

    @Override
    public List<List<Part>> batches(long step, int count, int most) {
      return objective.batches(0, count, most);
    }
  }

  /// Batches in one part.
  record Whole(Objective objective) implements Objective {
    @Override
    public void recompute(boolean recomputes) {
      objective.recompute(recomputes);
    }

    @Override
    public boolean divisible() {
      return false;
    }

    @Override
    public Map<String, ValueTable> tables() {
      return objective.tables();
    }

    @Override
    public List<List<Part>> batches(long step, int count, int most) {
      return objective.batches(step, count, 1);
    }
  }

  /// Remembers the steps, and asks to stop after some.
  static class Watcher implements TrainingEvents {
    final List<Step> steps = new ArrayList<>();
    final Map<Long, Map<String, Double>> evaluations = new LinkedHashMap<>();
    private final long stopAfter;

    Watcher() {
      this(Long.MAX_VALUE);
    }

    Watcher(long stopAfter) {
      this.stopAfter = stopAfter;
    }

    List<Double> losses() {
      return steps.stream().map(Step::loss).toList();
    }

    @Override
    public void stepped(Step step) {
      steps.add(step);
    }

    @Override
    public Map<String, Double> evaluate(long step) {
      return Map.of("at", (double) step);
    }

    @Override
    public void evaluated(Step step, Map<String, Double> metrics) {
      evaluations.put(step.step(), metrics);
    }

    @Override
    public boolean stopRequested() {
      return steps.size() >= stopAfter;
    }
  }
}
