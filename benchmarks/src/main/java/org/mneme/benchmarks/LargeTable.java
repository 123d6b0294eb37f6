package org.mneme.benchmarks;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.mneme.bench.Outcome;
import org.mneme.bench.Round;
import org.mneme.bench.Sizes;
import org.mneme.bench.Stage;
import org.mneme.bench.Stage.Products;
import org.mneme.memory.MemoryEngine;
import org.mneme.tensor.NativeRuntime;
import tools.jackson.databind.json.JsonMapper;

/// Trains a layer for some steps, and tells what came out: what `benchmarks/larger-than-memory`
/// runs once with the table in memory and once in files, under a limit. Prints a line of JSON.
///
/// Arguments: half-keys per side, valueDim, tokens, steps.
public final class LargeTable {
  private LargeTable() {}

  /// Runs it.
  public static void main(String[] args) {
    int keysPerSide = Integer.parseInt(args[0]);
    int valueDim = Integer.parseInt(args[1]);
    int tokens = Integer.parseInt(args[2]);
    NativeRuntime.start();
    Sizes sizes = new Sizes(keysPerSide, valueDim, valueDim, tokens);
    List<Double> milliseconds = new ArrayList<>();
    CRC32 checksum = new CRC32();
    try (Stage stage = Stage.step(sizes, MemoryEngine.chosen(), Products.FLOAT32)) {
      for (int step = 0; step < Integer.parseInt(args[3]); step++) {
        Round round = stage.run();
        milliseconds.add(round.ms());
      }
      stage.results().values().forEach(numbers -> update(checksum, numbers));
      update(checksum, stage.rows(Outcome.sample(stage.slots(), sizes)));
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("tableBytes", sizes.numbers() * Float.BYTES);
    json.put("stepMs", milliseconds);
    json.put("checksum", Long.toHexString(checksum.getValue()));
    System.out.println(JsonMapper.shared().writeValueAsString(json));
  }

  private static void update(CRC32 checksum, float[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Float.BYTES);
    bytes.asFloatBuffer().put(numbers);
    checksum.update(bytes);
  }
}
