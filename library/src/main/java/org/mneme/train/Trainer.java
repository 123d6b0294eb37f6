package org.mneme.train;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.mneme.DivergenceException;
import org.mneme.InvalidInputException;
import org.mneme.memory.RowAdam;
import org.mneme.memory.RowAdam.MomentType;
import org.mneme.memory.RowOptimizer;
import org.mneme.memory.ValueTable;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.tensor.Workers;

/// The training loop, the one there is: loss, gradients, clipping, dense AdamW for everything but
/// value tables and row-sparse Adam for those, step after step until the config says so.
///
/// Owns its optimisers. Everything random in a step is drawn from the seed and the step's number.
public final class Trainer implements AutoCloseable {
  private static final int PARTS = 2;

  private final Parameters parameters;
  private final Objective objective;
  private final Settings settings;
  private final TrainConfig config;
  private final AdamW dense;
  private final Workers workers;
  private final Map<String, RowOptimizer> tables = new LinkedHashMap<>();
  private final Reviver reviver;
  private long step;
  private long tokens;
  private double seconds;
  private double lastLoss = Double.NaN;

  /// How to train.
  ///
  /// @param seed of batches, masks, dropout and revival
  public record Settings(TrainConfig train, OptimizerConfig optimizer, long seed) {}

  /// Prepares the training of what `config` does not freeze.
  ///
  /// @throws InvalidInputException of kind CONFIG when a frozen pattern matches nothing, or
  ///   everything is frozen
  public Trainer(Parameters parameters, Objective objective, Settings settings) {
    this.parameters = parameters;
    this.objective = objective;
    this.settings = settings;
    config = settings.train();
    config.stop().requireLimit();
    config.requireFits(
        parameters.all().keySet().stream()
            .filter(name -> !parameters.isBuffer(name))
            .collect(Collectors.toCollection(LinkedHashSet::new)));
    parameters.train(config::trains);
    Map<String, Tensor> decayed = new LinkedHashMap<>();
    Map<String, Tensor> undecayed = new LinkedHashMap<>();
    parameters
        .trained()
        .forEach((name, tensor) -> {
          ValueTable table = objective.tables().get(name);
          if (table != null) {
            tables.put(name, new RowAdam(table, rowSettings(table)));
          } else if (isDecayed(name, tensor)) {
            decayed.put(name, tensor);
          } else {
            undecayed.put(name, tensor);
          }
        });
    OptimizerConfig optimizer = settings.optimizer();
    double rate = optimizer.learningRate();
    dense =
        new AdamW(
            List.of(
                new AdamW.Group("decayed", decayed, rate, optimizer.weightDecay()),
                new AdamW.Group("undecayed", undecayed, rate, 0)),
            optimizer.adam());
    reviver =
        Reviver.create(
            config.revival(), settings.seed(), objective.memories(), parameters, dense, tables);
    workers = new Workers(objective.divisible() ? PARTS : 1);
  }

  /// Moments are stored as the rows are.
  private RowAdam.Settings rowSettings(ValueTable table) {
    AdamW.Settings adam = settings.optimizer().adam();
    boolean brains = table.values().scalar_type().intern() == torch.ScalarType.BFloat16;
    return new RowAdam.Settings(
        adam.beta1(), adam.beta2(), adam.eps(), brains ? MomentType.BFLOAT16 : MomentType.FLOAT32);
  }

  private static boolean isDecayed(String name, Tensor tensor) {
    return tensor.dim() == 2 && !name.endsWith(".keys");
  }

  /// What a run came to.
  ///
  /// @param stopped whether a request ended it before its time
  public record Outcome(long steps, long tokens, double seconds, double loss, boolean stopped) {
    /// Milliseconds of training per step.
    public double msPerStep() {
      return steps == 0 ? 0 : seconds * 1000 / steps;
    }
  }

  /// Trains to the end, or until `events` asks to stop.
  ///
  /// @throws DivergenceException when a loss or a gradient norm is not finite; the step that showed
  ///   it changes no dense parameter and no table whose gradient was clipped, and a loss that is
  ///   not finite changes nothing
  public Outcome run(TrainingEvents events) {
    TrainingEvents.@Nullable Step last = null;
    boolean stopped = false;
    while (!ends()) {
      if (events.stopRequested()) {
        stopped = true;
        break;
      }
      long started = System.nanoTime();
      last = step();
      Map<String, Integer> revived = reviver.stepped(step, progress(0));
      seconds += (System.nanoTime() - started) / 1e9;
      last = withSeconds(last);
      events.stepped(last);
      if (!revived.isEmpty()) {
        events.revived(last, revived);
      }
      if (config.evaluateEvery() > 0 && step % config.evaluateEvery() == 0) {
        events.evaluated(last, events.evaluate(step));
      }
    }
    return new Outcome(step, tokens, seconds, lastLoss, stopped);
  }

  private double factor(Schedule schedule) {
    return schedule.factor(step, progress(schedule.warmupSteps()));
  }

  /// How much of the run is done after so many steps, in [0, 1].
  private double progress(long warmupSteps) {
    StopConfig stop = config.stop();
    double bySteps =
        stop.steps() == 0
            ? 0
            : (double) Math.max(0, step - warmupSteps) / Math.max(1, stop.steps() - warmupSteps);
    double byTime = stop.minutes() > 0 ? seconds / (60 * stop.minutes()) : 0;
    return Math.clamp(Math.max(bySteps, byTime), 0.0, 1.0);
  }

  private boolean ends() {
    StopConfig stop = config.stop();
    return (stop.steps() > 0 && step >= stop.steps())
        || (stop.minutes() > 0 && seconds >= 60 * stop.minutes());
  }

  private TrainingEvents.Step withSeconds(TrainingEvents.Step done) {
    return new TrainingEvents.Step(
        done.step(),
        done.loss(),
        done.learningRate(),
        done.gradientNorm(),
        done.valueGradientNorm(),
        done.tokens(),
        seconds,
        progress(0));
  }

  private TrainingEvents.Step step() {
    OptimizerConfig optimizer = settings.optimizer();
    double progress = progress(0);
    double factor = factor(optimizer.schedule());
    Randomness.seed(Randomness.derive(settings.seed(), step));
    double valueRate = optimizer.valueLearningRate() * factor(optimizer.scheduleOfValues());
    try {
      if (workers.count() == 1 && settings.optimizer().valueClipNorm() <= 0) {
        tables.values().forEach(table -> table.stepInBackward(valueRate));
      }
      Done done = backward();
      requireFinite(done.loss, "the loss");
      double norm = dense.gradientNorm();
      requireFinite(norm, "the gradient norm");
      double valueNorm = stepTables(valueRate);
      dense.step(factor, AdamW.clipFactor(norm, optimizer.clipNorm()));
      parameters.clearGradients();
      step++;
      tokens += done.tokens;
      lastLoss = done.loss;
      return new TrainingEvents.Step(
          step,
          done.loss,
          optimizer.learningRate() * factor,
          norm,
          valueNorm,
          tokens,
          seconds,
          progress);
    } catch (DivergenceException e) {
      parameters.clearGradients();
      throw e;
    }
  }

  private record Done(double loss, long tokens) {}

  /// The gradients of the step's batch: each worker runs a part of it forward and backward, and the
  /// parts' gradients add up. Two addends have one sum in either order, so the bits do not depend
  /// on who is first; more parts than two are not made.
  private Done backward() {
    List<Supplier<Done>> tasks =
        objective.parts(step, workers.count()).stream().map(Trainer::backward).toList();
    double loss = 0;
    long read = 0;
    for (Done part : workers.all(tasks)) {
      loss += part.loss;
      read += part.tokens;
    }
    return new Done(loss, read);
  }

  private static Supplier<Done> backward(Objective.Part part) {
    return () -> {
      try (var scope = new TensorScope()) {
        Objective.Loss loss = part.loss();
        double value = loss.value().item_double();
        if (Double.isFinite(value)) {
          loss.value().backward();
        }
        return new Done(value, loss.tokens());
      }
    };
  }

  /// Updates every value table, each clipped by itself; returns the norm of all their gradients
  /// before clipping, NaN where nothing is clipped: it would take another pass over all rows read.
  private double stepTables(double rate) {
    if (settings.optimizer().valueClipNorm() <= 0) {
      tables.values().forEach(table -> table.step(rate));
      return Double.NaN;
    }
    double sum = 0;
    for (RowOptimizer table : tables.values()) {
      double norm = table.step(rate, settings.optimizer().valueClipNorm());
      requireFinite(norm, "the gradient norm of the values");
      sum += norm * norm;
    }
    return Math.sqrt(sum);
  }

  private void requireFinite(double value, String what) {
    if (!Double.isFinite(value)) {
      throw new DivergenceException(step + 1, what, lastLoss);
    }
  }

  /// Elements of the tensors that are trained.
  public long trainedElements() {
    return parameters.trained().values().stream().mapToLong(Tensor::numel).sum();
  }

  /// Steps taken so far.
  public long steps() {
    return step;
  }

  /// The optimisers' moments and the counters, by name, in the open scope: what a checkpoint holds
  /// beside the weights.
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>(dense.state());
    tables.forEach((name, table) -> {
      table.state().forEach((key, moment) -> state.put(name + "." + key, moment));
      state.put(name + ".steps", Tensors.of(new long[] {table.steps()}, 1));
    });
    state.putAll(reviver.state());
    state.put("trainer.step", Tensors.of(new long[] {step, tokens}, 2));
    state.put("trainer.seconds", Tensors.of(new double[] {seconds, lastLoss}, 2));
    return state;
  }

  /// Takes up the state that [#state()] gave: the next step is the one that would have followed.
  public void restore(Map<String, Tensor> state) {
    dense.restore(state);
    reviver.restore(state);
    tables.forEach((name, table) -> {
      String prefix = name + ".";
      Map<String, Tensor> moments = new LinkedHashMap<>();
      state.forEach((key, tensor) -> {
        if (key.startsWith(prefix) && key.endsWith("_moment")) {
          moments.put(key.substring(prefix.length()), tensor);
        }
      });
      if (!moments.isEmpty()) {
        table.restore(Tensors.longs(required(state, prefix + "steps"))[0], moments);
      }
    });
    long[] counters = Tensors.longs(required(state, "trainer.step"));
    double[] clock = Tensors.doubles(required(state, "trainer.seconds"));
    step = counters[0];
    tokens = counters[1];
    seconds = clock[0];
    lastLoss = clock[1];
  }

  static Tensor required(Map<String, Tensor> state, String name) {
    Tensor tensor = state.get(name);
    if (tensor == null) {
      throw new InvalidInputException(
          InvalidInputException.Kind.WEIGHTS,
          name,
          "the training state lacks " + name + "; the checkpoint is incomplete, take another");
    }
    return tensor;
  }

  @Override
  public void close() {
    workers.close();
    reviver.close();
    dense.close();
    tables.values().forEach(RowOptimizer::close);
  }
}
