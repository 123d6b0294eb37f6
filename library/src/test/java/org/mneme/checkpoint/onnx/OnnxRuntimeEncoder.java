package org.mneme.checkpoint.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.io.InputStream;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/// An encoder run by ONNX Runtime: the oracle for ours.
///
/// Inputs that the graph does not have are left out; token types are zeros. Owns native memory
/// until closed.
public final class OnnxRuntimeEncoder implements AutoCloseable {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;

  /// An encoder of the ONNX model in `bytes`.
  public OnnxRuntimeEncoder(byte[] bytes) throws OrtException {
    session = environment.createSession(bytes, new OrtSession.SessionOptions());
  }

  /// An encoder of the ONNX model at `/name` on the class path, such as `all-minilm-l6-v2.onnx`.
  public static OnnxRuntimeEncoder ofResource(String name) throws OrtException, IOException {
    try (InputStream in =
        Objects.requireNonNull(OnnxRuntimeEncoder.class.getResourceAsStream("/" + name), name)) {
      return new OnnxRuntimeEncoder(in.readAllBytes());
    }
  }

  /// The last hidden states `[batch, tokens, dim]`, row after row, of `ids` and `mask`, both
  /// `[batch, tokens]`.
  public float[] encode(long[] ids, long[] mask, int batch) throws OrtException {
    return encode(ids, mask, new long[ids.length], batch);
  }

  /// The same with token types `[batch, tokens]`.
  public float[] encode(long[] ids, long[] mask, long[] types, int batch) throws OrtException {
    long[] shape = {batch, ids.length / batch};
    Map<String, long[]> values =
        Map.of("input_ids", ids, "attention_mask", mask, "token_type_ids", types);
    Map<String, OnnxTensor> feed = new HashMap<>();
    try {
      for (String name : session.getInputNames()) {
        long[] value = Objects.requireNonNull(values.get(name), name);
        feed.put(name, OnnxTensor.createTensor(environment, LongBuffer.wrap(value), shape));
      }
      try (OrtSession.Result result = session.run(feed)) {
        OnnxTensor hidden = (OnnxTensor) result.get("last_hidden_state").orElseThrow();
        float[] numbers = new float[hidden.getFloatBuffer().remaining()];
        hidden.getFloatBuffer().get(numbers);
        return numbers;
      }
    } finally {
      feed.values().forEach(OnnxTensor::close);
    }
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
