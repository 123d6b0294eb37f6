package org.mneme.benchmarks.peers;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// What both sides run: a case, its sizes, and the type of its products.
///
/// @param name `step`, `search`, `read` or `tableBackward`
/// @param keysPerSide root of the number of slots
/// @param valueDim width of the table and of the layer
/// @param dtype `float32`, or `bfloat16` where products may be rounded to it
record Shape(String name, int keysPerSide, int valueDim, String dtype) {
  static final int TOKENS = 2048;
  static final int HEADS = 4;
  static final int SLOTS_PER_HEAD = 32;
  static final int QUERY_DIM = 512;
  static final int READS = HEADS * SLOTS_PER_HEAD;

  private static final int FRACTION_BITS = 23;

  int slots() {
    return keysPerSide * keysPerSide;
  }

  /// Bytes of the table in float32.
  long tableBytes() {
    return (long) slots() * valueDim * Float.BYTES;
  }

  /// Whether the case has a table that a step changes.
  boolean updates() {
    return name.equals("step") || name.equals("tableBackward");
  }

  /// The power of two by which 24 signed bits become values of a standard deviation of about
  /// `valueDim^-1/2`.
  int exponent() {
    double bound = Math.sqrt(3.0 / valueDim); // of a uniform distribution
    return (int) Math.round(Math.log(bound) / Math.log(2)) - FRACTION_BITS;
  }

  /// The command that loads this case from the inputs in `folder`.
  Map<String, Object> load(Mode mode, Path folder, int threads) {
    Map<String, Object> command = new LinkedHashMap<>();
    command.put("do", "load");
    command.put("case", name);
    command.put("mode", mode.id());
    command.put("folder", folder.toString());
    command.put("threads", threads);
    command.put("dtype", dtype);
    command.put("slots", slots());
    command.put("keys", keysPerSide);
    command.put("valueDim", valueDim);
    command.put("exponent", exponent());
    command.put("tokens", TOKENS);
    command.put("heads", HEADS);
    command.put("k", SLOTS_PER_HEAD);
    command.put("queryDim", QUERY_DIM);
    return command;
  }

  @Override
  public String toString() {
    return "%s %,d x %d %s".formatted(name, slots(), valueDim, dtype);
  }
}
