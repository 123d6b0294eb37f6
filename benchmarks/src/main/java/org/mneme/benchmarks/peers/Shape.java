package org.mneme.benchmarks.peers;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.mneme.bench.Inputs;
import org.mneme.bench.Sizes;
import org.mneme.bench.Stage;
import org.mneme.bench.Stage.Products;
import org.mneme.bench.Stage.Storage;
import org.mneme.memory.MemoryEngine;

/// What both sides run.
///
/// @param name `step`, `search`, `read` or `tableBackward`
/// @param dtype of the products: `float32`, or `bfloat16` where they may be rounded to it
record Shape(String name, Sizes sizes, String dtype) {
  /// Bytes of the table in float32.
  long tableBytes() {
    return sizes.numbers() * Float.BYTES;
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
    command.put("slots", sizes.slots());
    command.put("keys", sizes.keysPerSide());
    command.put("valueDim", sizes.valueDim());
    command.put("exponent", new Inputs(sizes).exponent());
    command.put("tokens", sizes.tokens());
    command.put("heads", Sizes.HEADS);
    command.put("k", Sizes.SLOTS_PER_HEAD);
    command.put("queryDim", Sizes.QUERY_DIM);
    return command;
  }

  /// The inputs that the peer reads; ours draws the same.
  void writeInputs(Path folder) {
    Inputs inputs = new Inputs(sizes);
    switch (name) {
      case "step" -> {
        RawFiles.write(folder.resolve("x"), inputs.x());
        RawFiles.write(folder.resolve("gradient"), inputs.gradient());
        RawFiles.write(folder.resolve("query.weight"), inputs.queryWeight());
        RawFiles.write(folder.resolve("query.bias"), inputs.queryBias());
        RawFiles.write(folder.resolve("keys"), inputs.keys());
      }
      case "search" -> RawFiles.write(folder.resolve("scores"), inputs.scores());
      default -> {
        RawFiles.write(folder.resolve("slots"), inputs.slots());
        RawFiles.write(folder.resolve("weights"), inputs.weights());
        RawFiles.write(folder.resolve("gradient"), inputs.gradient());
      }
    }
  }

  /// The case as Mneme runs it.
  Stage stage() {
    MemoryEngine engine = MemoryEngine.chosen();
    return switch (name) {
      case "step" -> Stage.step(sizes, engine, Products.valueOf(dtype.toUpperCase(Locale.ROOT)));
      case "search" -> Stage.search(sizes, engine);
      case "read" -> Stage.read(sizes, engine, Storage.FLOAT32);
      case "tableBackward" -> Stage.tableBackward(sizes, engine, Storage.FLOAT32);
      default -> throw new IllegalArgumentException(name + " is no case");
    };
  }

  @Override
  public String toString() {
    return name + " " + sizes + " " + dtype;
  }
}
