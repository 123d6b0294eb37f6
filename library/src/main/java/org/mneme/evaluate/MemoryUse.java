package org.mneme.evaluate;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.NoGradGuard;
import org.mneme.data.TokenBatch;
import org.mneme.memory.ReadListener;
import org.mneme.memory.SparseMemory;
import org.mneme.memory.Usage;
import org.mneme.memory.UsageReport;
import org.mneme.memory.UsageWindow;
import org.mneme.model.BaseModel;
import org.mneme.model.MaskedInput;
import org.mneme.tensor.TensorScope;

/// How the memories of a model use their slots (Lample et al. 2019; top-1 usage of Kim & Jung
/// 2020).
public final class MemoryUse {
  private MemoryUse() {}

  /// The sparse memories of a model by the index of their block.
  public static Map<Integer, SparseMemory> memories(BaseModel model) {
    return model.sparseMemories();
  }

  /// Runs `batches` through the model, every real token reading, and reports each memory's use by
  /// block.
  public static Map<Integer, UsageReport> of(BaseModel model, Iterable<TokenBatch> batches) {
    return counting(model, () -> read(model, batches));
  }

  /// Runs `batches` through the model, every real token reading.
  public static void read(BaseModel model, Iterable<TokenBatch> batches) {
    batches.forEach(batch -> read(model, batch));
  }

  /// Runs a batch through the model, every real token reading.
  static void read(BaseModel model, TokenBatch batch) {
    try (var scope = new TensorScope();
        var guard = new NoGradGuard()) {
      var unused = model.encode(MaskedInput.of(batch), false);
    }
  }

  /// Reports what each memory reads while `work` runs.
  public static Map<Integer, UsageReport> counting(BaseModel model, Runnable work) {
    try (MeasuredUse use = measure(model)) {
      work.run();
      return use.reports();
    }
  }

  /// Counts what the memories read from now on apart, until that is closed: an evaluation leaves
  /// the figures of the training that it interrupts as they were.
  public static MeasuredUse measure(BaseModel model) {
    return windows(model, (block, usage) -> usage.measure());
  }

  /// The same, with someone for each block who is told of every read.
  static MeasuredUse measure(BaseModel model, Map<Integer, ? extends ReadListener> listeners) {
    return windows(
        model, (block, usage) -> usage.measure(Objects.requireNonNull(listeners.get(block))));
  }

  /// What each memory read since the last time, evaluations left out. The caller closes it.
  public static MeasuredUse take(BaseModel model) {
    return windows(model, (block, usage) -> usage.take());
  }

  private static MeasuredUse windows(
      BaseModel model, BiFunction<Integer, Usage, UsageWindow> open) {
    Map<Integer, UsageWindow> windows = new LinkedHashMap<>();
    memories(model)
        .forEach((block, memory) -> windows.put(block, open.apply(block, memory.usage())));
    return new MeasuredUse(windows);
  }

  /// The figures of one layer by name, as JSON and `metrics.jsonl` have them.
  public static Map<String, Double> figures(UsageReport report) {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("used", report.usage());
    figures.put("usedCeiling", report.usedCeiling());
    figures.put("top1", report.top1Usage());
    figures.put("top1Ceiling", report.top1Ceiling());
    figures.put("klWeight", report.klWeight());
    figures.put("klCount", report.klCount());
    figures.put("top1KlCount", report.top1KlCount());
    figures.put("top1KlWeight", report.top1KlWeight());
    figures.put("giniWeight", report.giniWeight());
    figures.put("top50", (double) report.weight().top50());
    figures.put("top90", (double) report.weight().top90());
    figures.put("top99", (double) report.weight().top99());
    figures.put("slots", (double) report.slots());
    figures.put("reads", (double) report.reads());
    figures.put("tokens", (double) report.tokens());
    return figures;
  }
}
