package org.mneme.checkpoint.onnx;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mneme.InvalidInputException;

/// Reads the protocol-buffer messages of an ONNX file, whose field numbers are those of onnx.proto
/// (IR version 3 on).
///
/// The bytes of tensors are not copied: they are skipped and handed on as parts of the file.
final class OnnxReader {
  private final SideFiles sideFiles;
  private final ProtobufReader in;

  private final List<OnnxNode> nodes = new ArrayList<>();
  private final List<OnnxTensor> initialisers = new ArrayList<>();
  private final List<OnnxValue> inputs = new ArrayList<>();
  private final List<OnnxValue> outputs = new ArrayList<>();
  private long opset;

  /// What the file holds, in its order.
  record Parts(
      long opset,
      List<OnnxNode> nodes,
      List<OnnxTensor> initialisers,
      List<OnnxValue> inputs,
      List<OnnxValue> outputs) {}

  /// The files beside the model in which exporters put large weights.
  interface SideFiles {
    /// The bytes of the file that the model calls `location`.
    MemorySegment map(String location) throws IOException;
  }

  private OnnxReader(MemorySegment bytes, SideFiles sideFiles) {
    this.sideFiles = sideFiles;
    this.in = new ProtobufReader(bytes);
  }

  /// Reads a whole model.
  ///
  /// @throws InvalidInputException of kind WEIGHTS when the bytes are damaged
  static Parts read(String source, MemorySegment bytes, SideFiles sideFiles) {
    var reader = new OnnxReader(bytes, sideFiles);
    try {
      reader.model();
    } catch (IOException e) {
      throw new InvalidInputException(
          InvalidInputException.Kind.WEIGHTS,
          source,
          "%s is damaged or no ONNX model, near byte %d of %d: %s"
              .formatted(source, reader.in.position(), bytes.byteSize(), e.getMessage()),
          e);
    }
    return new Parts(
        reader.opset, reader.nodes, reader.initialisers, reader.inputs, reader.outputs);
  }

  private void model() throws IOException {
    in.fields((number, tag) -> {
      switch (number) {
        case 7 -> in.message(tag, this::graphField);
        case 8 -> operatorSet(tag);
        default -> in.skip(tag);
      }
    });
  }

  private void operatorSet(int tag) throws IOException {
    String[] domain = {""};
    long[] version = {0};
    in.message(
        tag,
        (number, inner) -> {
          switch (number) {
            case 1 -> domain[0] = in.text(inner);
            case 2 -> version[0] = in.whole(inner);
            default -> in.skip(inner);
          }
        });
    if (domain[0].isEmpty() || domain[0].equals("ai.onnx")) {
      opset = version[0];
    }
  }

  private void graphField(int number, int tag) throws IOException {
    switch (number) {
      case 1 -> nodes.add(node(tag));
      case 5 -> initialisers.add(tensor(tag));
      case 11 -> inputs.add(value(tag));
      case 12 -> outputs.add(value(tag));
      default -> in.skip(tag);
    }
  }

  private OnnxNode node(int tag) throws IOException {
    List<String> from = new ArrayList<>();
    List<String> to = new ArrayList<>();
    String[] words = {"", "", ""};
    Map<String, OnnxAttribute> attributes = new HashMap<>();
    in.message(
        tag,
        (number, inner) -> {
          switch (number) {
            case 1 -> from.add(in.text(inner));
            case 2 -> to.add(in.text(inner));
            case 3 -> words[0] = in.text(inner);
            case 4 -> words[1] = in.text(inner);
            case 5 -> attribute(inner, attributes);
            case 7 -> words[2] = in.text(inner);
            default -> in.skip(inner);
          }
        });
    return new OnnxNode(words[1], words[2], words[0], from, to, attributes);
  }

  private void attribute(int tag, Map<String, OnnxAttribute> into) throws IOException {
    String[] name = {""};
    OnnxAttribute[] single = {new OnnxAttribute.Other()};
    List<Long> wholes = new ArrayList<>();
    List<Float> reals = new ArrayList<>();
    long[] kind = {0};
    in.message(
        tag,
        (number, inner) -> {
          switch (number) {
            case 1 -> name[0] = in.text(inner);
            case 2 -> single[0] = new OnnxAttribute.Real(in.real(inner));
            case 3 -> single[0] = new OnnxAttribute.Whole(in.whole(inner));
            case 4 -> single[0] = new OnnxAttribute.Text(in.text(inner));
            case 5 -> single[0] = new OnnxAttribute.Value(tensor(inner));
            case 7 -> in.reals(inner, reals);
            case 8 -> in.wholes(inner, wholes);
            case 20 -> kind[0] = in.whole(inner);
            default -> in.skip(inner);
          }
        });
    // an empty list writes no field at all, so the kind decides first
    if (kind[0] == 7 || !wholes.isEmpty()) {
      single[0] = new OnnxAttribute.Wholes(List.copyOf(wholes));
    } else if (kind[0] == 6 || !reals.isEmpty()) {
      single[0] = new OnnxAttribute.Reals(List.copyOf(reals));
    } else if (single[0] instanceof OnnxAttribute.Other && kind[0] == 2) {
      single[0] = new OnnxAttribute.Whole(0);
    } else if (single[0] instanceof OnnxAttribute.Other && kind[0] == 1) {
      single[0] = new OnnxAttribute.Real(0);
    }
    into.put(name[0], single[0]);
  }

  private OnnxTensor tensor(int tag) throws IOException {
    return OnnxTensorReader.read(in, tag, sideFiles);
  }

  private OnnxValue value(int tag) throws IOException {
    String[] name = {""};
    long[] type = {0};
    List<Long> dims = new ArrayList<>();
    boolean[] ranked = {false};
    ProtobufReader.Field shape =
        (number, inner) -> {
          if (number == 1) {
            dims.add(dimension(inner));
          } else {
            in.skip(inner);
          }
        };
    ProtobufReader.Field tensorType =
        (number, inner) -> {
          switch (number) {
            case 1 -> type[0] = in.whole(inner);
            case 2 -> {
              ranked[0] = true;
              in.message(inner, shape);
            }
            default -> in.skip(inner);
          }
        };
    ProtobufReader.Field typeField =
        (number, inner) -> {
          if (number == 1) {
            in.message(inner, tensorType);
          } else {
            in.skip(inner);
          }
        };
    in.message(
        tag,
        (number, inner) -> {
          switch (number) {
            case 1 -> name[0] = in.text(inner);
            case 2 -> in.message(inner, typeField);
            default -> in.skip(inner);
          }
        });
    return new OnnxValue(
        name[0],
        OnnxType.of((int) type[0]),
        ranked[0] ? Optional.of(List.copyOf(dims)) : Optional.empty());
  }

  private long dimension(int tag) throws IOException {
    long[] size = {-1};
    in.message(
        tag,
        (number, inner) -> {
          if (number == 1) {
            size[0] = in.whole(inner);
          } else {
            in.skip(inner);
          }
        });
    return size[0] > 0 ? size[0] : -1;
  }
}
