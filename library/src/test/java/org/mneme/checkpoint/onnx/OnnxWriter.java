package org.mneme.checkpoint.onnx;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// Writes small ONNX models, field by field as onnx.proto numbers them; shares no code with the
/// reader.
final class OnnxWriter {
  private final List<byte[]> nodes = new ArrayList<>();
  private final List<byte[]> initialisers = new ArrayList<>();
  private final List<byte[]> inputs = new ArrayList<>();
  private final List<byte[]> outputs = new ArrayList<>();

  /// The fields of one message.
  interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  static byte[] message(Fields fields) {
    var bytes = new ByteArrayOutputStream();
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      fields.write(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  OnnxWriter node(
      String type, String name, List<String> from, List<String> to, byte[]... attributes) {
    return rawNode(
        message(out -> {
          for (String input : from) {
            out.writeString(1, input);
          }
          for (String output : to) {
            out.writeString(2, output);
          }
          out.writeString(3, name);
          out.writeString(4, type);
          for (byte[] attribute : attributes) {
            out.writeByteArray(5, attribute);
          }
        }));
  }

  OnnxWriter rawNode(byte[] node) {
    nodes.add(node);
    return this;
  }

  OnnxWriter initialiser(byte[] tensor) {
    initialisers.add(tensor);
    return this;
  }

  /// An input or output with those sizes, -1 for open ones.
  OnnxWriter input(String name, int type, long... dims) {
    inputs.add(value(name, type, dims));
    return this;
  }

  OnnxWriter output(String name, int type, long... dims) {
    outputs.add(value(name, type, dims));
    return this;
  }

  byte[] build(long opset) {
    byte[] graph =
        message(out -> {
          for (byte[] node : nodes) {
            out.writeByteArray(1, node);
          }
          out.writeString(2, "graph");
          for (byte[] tensor : initialisers) {
            out.writeByteArray(5, tensor);
          }
          for (byte[] input : inputs) {
            out.writeByteArray(11, input);
          }
          for (byte[] output : outputs) {
            out.writeByteArray(12, output);
          }
        });
    return message(out -> {
      out.writeInt64(1, 8);
      out.writeString(2, "test");
      out.writeByteArray(7, graph);
      out.writeByteArray(8, message(set -> set.writeInt64(2, opset)));
    });
  }

  private static byte[] value(String name, int type, long... dims) {
    byte[] shape =
        message(out -> {
          for (long dim : dims) {
            out.writeByteArray(
                1,
                message(size -> {
                  if (dim < 0) {
                    size.writeString(2, "open");
                  } else {
                    size.writeInt64(1, dim);
                  }
                }));
          }
        });
    byte[] tensorType =
        message(out -> {
          out.writeInt32(1, type);
          out.writeByteArray(2, shape);
        });
    return message(out -> {
      out.writeString(1, name);
      out.writeByteArray(2, message(inner -> inner.writeByteArray(1, tensorType)));
    });
  }

  static byte[] floats(String name, float[] values, long... dims) {
    ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      raw.putFloat(value);
    }
    return tensor(name, 1, raw.array(), dims);
  }

  static byte[] longs(String name, long[] values, long... dims) {
    ByteBuffer raw = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      raw.putLong(value);
    }
    return tensor(name, 7, raw.array(), dims);
  }

  static byte[] tensor(String name, int type, byte[] raw, long... dims) {
    return message(out -> {
      for (long dim : dims) {
        out.writeInt64(1, dim);
      }
      out.writeInt32(2, type);
      out.writeString(8, name);
      out.writeByteArray(9, raw);
    });
  }

  static byte[] whole(String name, long value) {
    return message(out -> {
      out.writeString(1, name);
      out.writeInt64(3, value);
      out.writeInt32(20, 2);
    });
  }

  static byte[] real(String name, float value) {
    return message(out -> {
      out.writeString(1, name);
      out.writeFloat(2, value);
      out.writeInt32(20, 1);
    });
  }

  static byte[] wholes(String name, long... values) {
    return message(out -> {
      out.writeString(1, name);
      for (long value : values) {
        out.writeInt64(8, value);
      }
      out.writeInt32(20, 7);
    });
  }

  static byte[] value(String name, byte[] tensor) {
    return message(out -> {
      out.writeString(1, name);
      out.writeByteArray(5, tensor);
      out.writeInt32(20, 4);
    });
  }
}
