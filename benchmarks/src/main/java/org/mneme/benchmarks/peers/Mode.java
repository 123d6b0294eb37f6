package org.mneme.benchmarks.peers;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// A way to run a case in PyTorch.
///
/// @param id what `memory.py` and `--modes` call it
/// @param label what the results call it
/// @param tuned whether the allocator is told to keep freed memory and to use huge pages. PyTorch
///   frees and allocates the table's gradient in each step; with glibc's usual settings the kernel
///   hands it over page by page each time, which takes up to half of the step
/// @param tables how many times the size of the table it needs in memory at most
record Mode(String id, String label, boolean tuned, double tables) {
  static final Map<String, String> TUNED_ALLOCATOR =
      Map.of(
          "MALLOC_MMAP_MAX_", "0",
          "MALLOC_TRIM_THRESHOLD_", "100000000000",
          "THP_MEM_ALLOC_ENABLE", "1");

  private static final String SUFFIX = "+tuned";
  private static final double DENSE = 4; // values, gradient, two moments
  private static final double SPARSE = 5; // values, two moments, gradient by read and by row

  /// Ours: one mode of its own.
  static final Mode OURS = new Mode("ours", "ours", false, 3);

  private static final List<Mode> STEP =
      List.of(
          mode("dense-fused", "dense gradient, AdamW(fused=True)", DENSE),
          mode("dense-fused-compile", "dense gradient, AdamW(fused=True), torch.compile", DENSE),
          mode("dense-foreach", "dense gradient, AdamW(foreach=True)", DENSE + 1),
          mode("sparse", "sparse=True, SparseAdam", SPARSE));

  /// All modes of a case: each with the allocator as it is and tuned.
  static List<Mode> of(Shape shape) {
    List<Mode> modes =
        switch (shape.name()) {
          case "step" ->
              shape.dtype().equals("float32") ? STEP : STEP.subList(0, 2); // under autocast
          case "search" ->
              List.of(
                  mode("cells", "topk of the sums that can win", 0),
                  mode("grid", "topk of all sums", 0));
          case "read" -> List.of(mode("bag", "embedding_bag", 1));
          case "tableBackward" -> List.of(STEP.get(0), STEP.get(2), STEP.get(3));
          default ->
              throw new IllegalArgumentException(
                  shape.name() + " is no case; take step, search, read or tableBackward");
        };
    return modes.stream().flatMap(mode -> Stream.of(mode, mode.tunedAllocator())).toList();
  }

  private static Mode mode(String id, String label, double tables) {
    return new Mode(id, label, false, tables);
  }

  private Mode tunedAllocator() {
    return new Mode(id + SUFFIX, label + ", tuned allocator", true, tables);
  }

  Map<String, String> environment() {
    return tuned ? TUNED_ALLOCATOR : Map.of();
  }
}
