package org.mneme.checkpoint.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mneme.checkpoint.SafetensorsFile;

class OnnxRuntimeEncoderTest {
  @ParameterizedTest
  @ValueSource(strings = {"torchscript", "dynamo"})
  void theOracleAgreesWithPyTorch(String name) throws Exception {
    byte[] model = Files.readAllBytes(Exports.file(name + "/model.onnx"));
    try (var file = SafetensorsFile.open(Exports.file(name + "/case.safetensors"));
        var encoder = new OnnxRuntimeEncoder(model)) {
      long[] ids = Exports.longs(file, "input.input_ids");
      long[] types =
          file.entries().containsKey("input.token_type_ids")
              ? Exports.longs(file, "input.token_type_ids")
              : new long[ids.length];
      float[] hidden = encoder.encode(ids, Exports.longs(file, "input.attention_mask"), types, 2);
      assertArrayEquals(Exports.floats(file, "output.last_hidden_state"), hidden, 1e-5f);
    }
  }

  @Test
  void publishedModelsRun() throws Exception {
    try (var encoder = OnnxRuntimeEncoder.ofResource("all-minilm-l6-v2.onnx")) {
      long[] ids = {101, 7592, 102, 0};
      float[] padded = encoder.encode(ids, new long[] {1, 1, 1, 0}, 1);
      float[] plain = encoder.encode(new long[] {101, 7592, 102}, new long[] {1, 1, 1}, 1);
      assertArrayEquals(plain, java.util.Arrays.copyOf(padded, 3 * 384), 1e-5f);
    }
  }
}
