package org.mneme.run.estimate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.mneme.memory.SparseMemoryConfig;
import org.mneme.memory.TableStorage;
import org.mneme.model.ArchitectureConfig;
import org.mneme.model.MemoryPlacement;
import org.mneme.run.RunConfig;
import org.mneme.run.estimate.MemoryPart.Name;
import org.mneme.tensor.PlannedTensor;
import org.mneme.tensor.PlannedTensor.Kind;
import org.mneme.train.TrainConfig;

/// The memory that a training run takes at its highest point, part by part.
///
/// What is counted is exact but for two parts, which were measured: the runtime, and what the C
/// library keeps (see [CLibraryHeap]).
///
/// @param files what lies in mapped files instead, see [TableStorage.InFiles]: the system keeps as
///   much of it in memory as there is room for
public record MemoryEstimate(List<MemoryPart> parts, List<MemoryPart> files) {
  /// The JVM with its code, metadata and compilers, libtorch and the tokenizer: pages that stay.
  private static final long RUNTIME = 345_000_000;

  private static final long BYTES_PER_COUNT = 16;

  /// Copies the lists.
  public MemoryEstimate {
    parts = List.copyOf(parts);
    files = List.copyOf(files);
  }

  /// What `config` takes with batches of `tokens`.
  static MemoryEstimate of(
      RunConfig config, ArchitectureConfig model, List<PlannedTensor> tensors, StepShape shape) {
    TrainConfig train = config.train();
    long dense = bytes(tensors, Kind.PARAMETER, train, true);
    long tables = bytes(tensors, Kind.TABLE, train, false);
    StepMemory step = StepMemory.of(shape);
    List<MemoryPart> parts = new ArrayList<>();
    List<MemoryPart> files = new ArrayList<>();
    boolean inFiles = TableStorage.chosen() instanceof TableStorage.InFiles;
    List<MemoryPart> rows = inFiles ? files : parts;
    add(parts, Name.RUNTIME, RUNTIME + JavaHeap.young());
    long buffers = bytes(tensors, Kind.BUFFER, train, false);
    add(parts, Name.WEIGHTS, bytes(tensors, Kind.PARAMETER, train, false) + buffers);
    add(rows, Name.TABLES, tables);
    add(parts, Name.GRADIENTS, train.accumulate() > 1 ? 2 * dense : dense);
    add(parts, Name.DENSE_MOMENTS, 2 * dense);
    add(rows, Name.ROW_MOMENTS, 2 * bytes(tensors, Kind.TABLE, train, true));
    add(parts, Name.AVERAGE, train.average() == null ? 0 : dense);
    add(parts, Name.USAGE, usage(model));
    add(parts, Name.ACTIVATIONS, step.blocks());
    add(parts, Name.LOGITS, step.logits());
    add(parts, Name.EVALUATION, step.evaluation());
    add(parts, Name.ALLOCATOR, (long) (CLibraryHeap.kept() * step.total()));
    return new MemoryEstimate(parts, files);
  }

  private static void add(List<MemoryPart> parts, Name name, long bytes) {
    if (bytes > 0) {
      parts.add(new MemoryPart(name, bytes));
    }
  }

  /// Bytes of the tensors of that kind, of the trained ones only if `trained`.
  static long bytes(List<PlannedTensor> tensors, Kind kind, TrainConfig train, boolean trained) {
    return tensors.stream()
        .filter(tensor -> tensor.kind() == kind && (!trained || train.trains(tensor.name())))
        .mapToLong(PlannedTensor::bytes)
        .sum();
  }

  /// A window of training and one that is written down or measured, for each layer.
  private static long usage(ArchitectureConfig model) {
    MemoryPlacement memory = model.memory();
    if (memory == null || !(memory.layer() instanceof SparseMemoryConfig sparse)) {
      return 0;
    }
    return 2L * memory.layers().size() * sparse.heads() * sparse.slots() * BYTES_PER_COUNT;
  }

  /// Bytes at the highest point.
  public long peak() {
    return parts.stream().mapToLong(MemoryPart::bytes).sum();
  }

  /// The `count` largest parts, the largest first.
  public List<MemoryPart> largest(int count) {
    return parts.stream()
        .sorted(Comparator.comparingLong(MemoryPart::bytes).reversed())
        .limit(count)
        .toList();
  }
}
