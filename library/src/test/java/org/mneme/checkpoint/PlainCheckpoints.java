package org.mneme.checkpoint;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// Checkpoints whose model is a few bytes that say the step: no libtorch needed.
public final class PlainCheckpoints {
  private static final String MODEL = "weights.bin";
  private static final int PIECE = 1000;

  private PlainCheckpoints() {}

  /// A checkpoint of a step without metrics, 10,000 bytes large.
  public static Checkpoint.Content at(long step) {
    return at(step, 10_000, Map.of());
  }

  /// The same with as many bytes of a model and what held-out text said.
  public static Checkpoint.Content at(long step, int bytes, Map<String, Double> metrics) {
    return new Checkpoint.Content(
        new CheckpointFacts(step, 7, "hash", metrics),
        empty -> writeModel(empty, step, bytes),
        Map.of(
            "data", StatePart.of(JsonMapper.shared().createObjectNode().put("cursor", 10 * step))));
  }

  /// Writes such a model.
  public static void writeModel(Path empty, long step, int bytes) {
    AtomicFile.write(
        empty.resolve(MODEL),
        channel -> {
          byte[] piece = new byte[PIECE];
          Arrays.fill(piece, (byte) step);
          for (int written = 0; written < bytes; written += PIECE) {
            int unused = channel.write(ByteBuffer.wrap(piece));
          }
        });
  }

  /// Where the model of the checkpoint `folder` is.
  public static Path model(Path folder) {
    return folder.resolve(MODEL);
  }
}
