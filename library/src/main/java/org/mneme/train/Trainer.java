package org.mneme.train;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import org.mneme.DivergenceException;
import org.mneme.InvalidInputException;
import org.mneme.memory.ValueTable;
import org.mneme.tensor.Parameters;
import org.mneme.tensor.Precision;
import org.mneme.tensor.Randomness;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;

/// The training loop, the one there is: loss, gradients, clipping, dense AdamW for everything but
/// value tables and row-sparse Adam for those, step after step until the config says so.
///
/// Owns its optimisers. Everything random in a step is drawn from the seed and the step's number.
public final class Trainer implements AutoCloseable {
  private final Parameters parameters;
  private final Objective objective;
  private final Settings settings;
  private final Limits limits;
  private final ParameterGroups groups;
  private final AdamW dense;
  private final TableSteps tables;
  private final StepGradients gradients;
  private final DivergenceGuard guard;
  private final Evaluations evaluations;
  private final Phases phases;
  private final @Nullable WeightAverage average;
  private final RowGrowth growth;
  private final Reviver reviver;
  private long step;
  private long tokens;
  private double seconds;
  private double lastLoss = Double.NaN;

  /// How to train.
  ///
  /// @param seed of batches, masks, dropout and revival
  /// @param precision of products
  public record Settings(
      TrainConfig train, OptimizerConfig optimizer, long seed, Precision precision) {
    /// The same in float32.
    public Settings(TrainConfig train, OptimizerConfig optimizer, long seed) {
      this(train, optimizer, seed, Precision.FLOAT32);
    }
  }

  /// Prepares the training of what `settings` does not freeze.
  ///
  /// @param objective closed with the trainer
  /// @throws InvalidInputException of kind CONFIG when the run would not end, a pattern matches
  ///   nothing, or everything is frozen
  public Trainer(Parameters parameters, Objective objective, Settings settings) {
    this.parameters = parameters;
    this.objective = objective;
    this.settings = settings;
    TrainConfig config = settings.train();
    limits = Limits.of(config, objective.batchesPerEpoch());
    LinkedHashSet<String> names =
        parameters.all().keySet().stream()
            .filter(name -> !parameters.isBuffer(name))
            .collect(Collectors.toCollection(LinkedHashSet::new));
    config.requireFits(names);
    objective.recompute(config.gradientCheckpointing());
    settings.optimizer().requireFits(names);
    parameters.train(config::trains);
    Map<String, Tensor> others = new LinkedHashMap<>();
    Map<String, ValueTable> trainedTables = new LinkedHashMap<>();
    parameters
        .trained()
        .forEach((name, tensor) -> {
          ValueTable table = objective.tables().get(name);
          if (table != null) {
            trainedTables.put(name, table);
          } else {
            others.put(name, tensor);
          }
        });
    groups = new ParameterGroups(settings.optimizer(), others, List.copyOf(names));
    dense = new AdamW(groups.groups(), settings.optimizer().adam());
    tables = new TableSteps(trainedTables, settings.optimizer().adam(), groups);
    reviver =
        Reviver.create(
            config.revival(),
            settings.seed(),
            objective.memories(),
            parameters,
            dense,
            tables.optimizers());
    average = config.average() == null ? null : new WeightAverage(config.average(), others);
    growth = new RowGrowth(parameters.partial(), dense, average);
    guard = new DivergenceGuard(config.divergence());
    evaluations = new Evaluations(config);
    phases = new Phases(config.secondPhase());
    gradients = new StepGradients(parameters, objective, config.accumulate(), settings.precision());
  }

  /// Why a run ended.
  public enum Ending {
    /// It took its steps, tokens or time.
    LIMIT,
    /// A metric was good enough.
    TARGET,
    /// It no longer got better.
    PATIENCE,
    /// Someone asked for it.
    REQUEST
  }

  /// What a run came to.
  ///
  /// @param loss of the last step that was taken
  /// @param skipped steps that were left out
  public record Outcome(
      long steps, long tokens, double seconds, double loss, long skipped, Ending ending) {
    /// Whether a request ended it before its time.
    public boolean stopped() {
      return ending == Ending.REQUEST;
    }

    /// Milliseconds of training per step.
    public double msPerStep() {
      return steps == 0 ? 0 : seconds * 1000 / steps;
    }
  }

  /// Trains to the end, or until `events` asks to stop.
  ///
  /// @throws DivergenceException when a loss or a gradient norm is not finite or the loss explodes,
  ///   and the config does not say to skip such steps or too many were skipped. The step that
  ///   showed it changes no dense parameter and no table, but for tables that are updated in the
  ///   backward pass: where neither they are clipped nor steps are skipped, they may have taken it.
  public Outcome run(TrainingEvents events) {
    Optional<Ending> ending = ending(events);
    while (ending.isEmpty()) {
      advance(events);
      ending = ending(events);
    }
    return new Outcome(step, tokens, seconds, lastLoss, guard.skippedSteps(), ending.get());
  }

  private Optional<Ending> ending(TrainingEvents events) {
    if (evaluations.isTargetReached()) {
      return Optional.of(Ending.TARGET);
    }
    if (evaluations.isOutOfPatience() && !phases.isFirst()) {
      return Optional.of(Ending.PATIENCE);
    }
    if (limits.areReached(place())) {
      return Optional.of(Ending.LIMIT);
    }
    return events.stopRequested() ? Optional.of(Ending.REQUEST) : Optional.empty();
  }

  private Limits.Place place() {
    return new Limits.Place(step, tokens, seconds);
  }

  private double progress() {
    return limits.progress(place(), 0);
  }

  private void advance(TrainingEvents events) {
    if (phases.begins(step)) {
      objective.secondPhase();
      evaluations.again();
      events.secondPhase(step);
    }
    long started = System.nanoTime();
    Taken taken = step();
    if (average != null && taken.problem.isEmpty()) {
      average.stepped(step);
    }
    Map<String, Integer> revived = reviver.stepped(step, progress());
    seconds += (System.nanoTime() - started) / 1e9;
    TrainingEvents.Step done =
        new TrainingEvents.Step(
            step,
            taken.loss,
            taken.learningRate,
            taken.gradientNorm,
            taken.valueGradientNorm,
            tokens,
            seconds,
            progress());
    taken.problem.ifPresentOrElse(
        problem -> events.skipped(done, problem), () -> events.stepped(done));
    if (!revived.isEmpty()) {
      events.revived(done, revived);
    }
    long every = settings.train().evaluateEvery();
    if (every > 0 && step % every == 0) {
      Map<String, Double> metrics = averaged(() -> events.evaluate(step));
      evaluations.add(metrics);
      phases.add(metrics);
      events.evaluated(done, metrics);
    }
    events.settled(done);
  }

  /// What came of a step.
  ///
  /// @param problem why it was left out, if it was
  private record Taken(
      double loss,
      double learningRate,
      double gradientNorm,
      double valueGradientNorm,
      Optional<String> problem) {}

  private Taken step() {
    OptimizerConfig optimizer = settings.optimizer();
    double factor = factor(optimizer.schedule());
    double valueRate = optimizer.valueLearningRate() * factor(optimizer.scheduleOfValues());
    try (var scope = new TensorScope()) {
      Map<String, Tensor> buffers = guard.skips() ? buffers() : Map.of();
      boolean checked = guard.skips() || tables.areClipped();
      gradients.begin(Randomness.derive(settings.seed(), step));
      if (gradients.isOnePass() && !checked) {
        tables.stepInBackward(valueRate);
      }
      StepGradients.Done done = gradients.add(step);
      double[] squares = dense.squaredNorms();
      double norm = Math.sqrt(Arrays.stream(squares).sum());
      Optional<String> problem = guard.problem(done.loss());
      if (problem.isEmpty() && !Double.isFinite(norm)) {
        problem = Optional.of("the gradient norm is not finite");
      }
      double valueNorm = Double.NaN;
      if (problem.isEmpty()) {
        valueNorm = stepTables(checked, valueRate);
        if (checked && !Double.isFinite(valueNorm)) {
          problem = Optional.of("the gradient norm of the values is not finite");
        }
      }
      if (problem.isPresent()) {
        leaveOut(problem.get(), done, buffers);
      } else {
        dense.step(factor, groups.clipFactors(squares));
        guard.taken(done.loss());
        lastLoss = done.loss();
      }
      step++;
      tokens += done.tokens();
      return new Taken(
          done.loss(),
          optimizer.learningRate() * factor,
          norm,
          tables.areClipped() ? valueNorm : Double.NaN,
          problem);
    } finally {
      parameters.clearGradients();
    }
  }

  /// The rate's factor by a schedule that counts from the end of its own warm-up.
  private double factor(Schedule schedule) {
    return schedule.factor(step, limits.progress(place(), schedule.warmupSteps()));
  }

  /// Returns the norm of all tables' gradients; NaN where nobody needs it, as it would take another
  /// pass over all rows read.
  private double stepTables(boolean checked, double rate) {
    if (checked) {
      return tables.stepChecked(rate);
    }
    tables.step(rate);
    return Double.NaN;
  }

  private Map<String, Tensor> buffers() {
    Map<String, Tensor> buffers = new LinkedHashMap<>();
    parameters
        .all()
        .forEach((name, tensor) -> {
          if (parameters.isBuffer(name)) {
            buffers.put(name, tensor.detach().clone());
          }
        });
    return buffers;
  }

  /// Undoes what the forward pass did to buffers, or throws.
  private void leaveOut(String problem, StepGradients.Done done, Map<String, Tensor> buffers) {
    boolean tooMany = guard.skipped();
    if (!guard.skips() || tooMany) {
      var diverged = new DivergenceException(step + 1, problem, lastLoss);
      throw origin(done).map(diverged::in).orElse(diverged);
    }
    try (var unrecorded = new NoGradGuard()) {
      buffers.forEach((name, before) -> parameters.get(name).detach().copy_(before));
    }
  }

  private Optional<String> origin(StepGradients.Done done) {
    if (Double.isFinite(done.loss())) {
      return DivergenceGuard.placeOfGradient(parameters)
          .or(() -> tables.notFinite().stream().findFirst().map(name -> "the gradient of " + name));
    }
    gradients.begin(Randomness.derive(settings.seed(), step)); // the same dropout
    return DivergenceGuard.placeOfLoss(parameters, gradients.parts(step));
  }

  /// Does something with the weights that are to be evaluated and saved: the averages if there are
  /// any, else the weights as they are. The training goes on with the latter.
  public <T> T averaged(Supplier<T> action) {
    return average == null ? action.get() : average.during(action);
  }

  /// Elements of the tensors that are trained.
  public long trainedElements() {
    return parameters.trained().values().stream().mapToLong(Tensor::numel).sum();
  }

  /// Steps taken so far, those included that were left out.
  public long steps() {
    return step;
  }

  /// Everything that decides how the run goes on, by name, in the open scope: what a checkpoint
  /// holds beside the weights.
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>(dense.state());
    state.putAll(tables.state());
    state.putAll(growth.state());
    state.putAll(reviver.state());
    state.putAll(guard.state());
    state.putAll(evaluations.state());
    state.putAll(phases.state());
    state.putAll(objective.state());
    if (average != null) {
      state.putAll(average.state());
    }
    state.put("trainer.step", Tensors.of(new long[] {step, tokens}, 2));
    state.put("trainer.seconds", Tensors.of(new double[] {seconds, lastLoss}, 2));
    return state;
  }

  /// Takes up the state that [#state()] gave: the next step is the one that would have followed.
  /// Rows of words that had come into the model by then come in again, from the folder it was
  /// loaded from, which is that of the checkpoint.
  public void restore(Map<String, Tensor> state) {
    long[] counters = Tensors.longs(Tensors.required(state, "trainer.step"));
    double[] clock = Tensors.doubles(Tensors.required(state, "trainer.seconds"));
    growth.restore(state); // first: moments and averages are of these rows
    dense.restore(state);
    tables.restore(state);
    reviver.restore(state, counters[0]);
    guard.restore(state);
    evaluations.restore(state);
    phases.restore(state);
    if (phases.isSecond()) {
      objective.secondPhase();
    }
    objective.restore(state);
    if (average != null) {
      average.restore(state);
    }
    step = counters[0];
    tokens = counters[1];
    seconds = clock[0];
    lastLoss = clock[1];
  }

  @Override
  public void close() {
    gradients.close();
    objective.close();
    growth.close();
    reviver.close();
    dense.close();
    tables.close();
    if (average != null) {
      average.close();
    }
  }
}
