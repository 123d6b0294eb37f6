package org.mneme.app.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.mneme.checkpoint.DiskNeed;
import org.mneme.run.RunConfig;
import org.mneme.run.estimate.Estimate;
import org.mneme.run.estimate.MemoryEstimate;
import org.mneme.run.estimate.MemoryPart;
import org.mneme.tensor.Precision;
import org.mneme.tensor.environment.Environment;
import org.mneme.train.ObjectiveConfig;

/// What a run's memory will be, in words: at its start, and when it did not suffice.
public final class MemoryForecast {
  private static final int LARGEST = 3;

  private final RunConfig config;
  private final Estimate estimate;
  private final long available;

  /// @param available bytes that this machine can give to the run
  public MemoryForecast(RunConfig config, Estimate estimate, long available) {
    this.config = config;
    this.estimate = estimate;
    this.available = available;
  }

  /// Bytes that a process may take now; the largest number where the system does not say.
  public static long availableNow() {
    Environment.Memory memory = Environment.Memory.now();
    long available = memory.available() < 0 ? Long.MAX_VALUE : memory.available();
    return memory.cgroupLimit() < 0 ? available : Math.min(available, memory.cgroupLimit());
  }

  /// The estimate in a line.
  public String summary() {
    MemoryEstimate memory = estimate.memory();
    String files =
        memory.files().isEmpty()
            ? ""
            : ", tables in files "
                + DiskNeed.size(memory.files().stream().mapToLong(MemoryPart::bytes).sum());
    return "Memory: about %s at the most (%s), %s available; disk %s%s"
        .formatted(
            DiskNeed.size(memory.peak()),
            largest(memory),
            available == Long.MAX_VALUE ? "an unknown amount" : DiskNeed.size(available),
            DiskNeed.size(estimate.disk()),
            files);
  }

  /// Whether the estimate is more than there is.
  public boolean exceeds() {
    return estimate.memory().peak() > available;
  }

  /// What to do where it does not fit into `bytes`.
  private String remedy(long bytes) {
    List<String> remedies = new ArrayList<>();
    OptionalLong tokens = estimate.tokensThatFit(bytes);
    tokens.ifPresent(most -> smallerBatch(most).ifPresent(remedies::add));
    if (!config.train().gradientCheckpointing()) {
      remedies.add("train.gradientCheckpointing true");
    }
    boolean tables = estimate.memory().files().isEmpty();
    if (tables && estimate.hasFloatTables()) {
      remedies.add("model.memory.layer.tableType bfloat16");
    }
    if (tables && estimate.model().memory() != null) {
      remedies.add("fewer slots (model.memory.layer.keysPerSide)");
    }
    if (config.precision() == Precision.MEDIUM) {
      remedies.add("precision float32, which keeps no attention scores");
    }
    String first =
        tokens.isPresent() ? "what would fit: " : "no batch is small enough as it is; try ";
    return remedies.isEmpty() ? "take a smaller model" : first + String.join(", or ", remedies);
  }

  private Optional<String> smallerBatch(long tokens) {
    return switch (config.objective()) {
      case ObjectiveConfig.Masked _, ObjectiveConfig.Causal _ ->
          Optional.of("data.batches.tokensPerBatch " + tokens)
              .filter(_ -> tokens < config.data().batches().tokensPerBatch());
      case ObjectiveConfig.Task task -> fewer(task.batch(), tokens);
      case ObjectiveConfig.Facts facts -> fewer(facts.batch(), tokens);
    };
  }

  private Optional<String> fewer(int batch, long tokens) {
    long examples = tokens / estimate.tokensPerExample();
    return Optional.of("objective.batch " + examples).filter(_ -> examples < batch);
  }

  /// Whether it is certain that the run is not going to fit.
  public boolean rulesOut() {
    return exceeds() && !estimate.isUpperBound();
  }

  /// The warning before a run whose estimate [#exceeds].
  public String warning() {
    return estimate.isUpperBound()
        ? "Warning: this run may not fit into memory. The estimate is an upper bound: it counts all"
            + " words, model.partialEmbeddings keeps those of the data; "
            + remedy(available)
        : "Warning: this run is not going to fit into memory; " + remedy(available);
  }

  /// What took the memory when an allocation failed.
  ///
  /// @param held bytes that the process held then: more than that it does not get
  public String explanation(long held) {
    return "by the estimate the run takes %s at the most, the largest parts are %s; %s"
        .formatted(
            DiskNeed.size(estimate.memory().peak()),
            largest(estimate.memory()),
            remedy(Math.min(available, held)));
  }

  private static String largest(MemoryEstimate memory) {
    return memory.largest(LARGEST).stream()
        .map(part ->
            String.format(Locale.ROOT, "%s %s", part.name().label(), DiskNeed.size(part.bytes())))
        .collect(Collectors.joining(", "));
  }
}
