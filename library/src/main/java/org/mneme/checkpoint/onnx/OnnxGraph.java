package org.mneme.checkpoint.onnx;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.mneme.InvalidInputException;

/// An ONNX file: its nodes in an order in which every value is made before it is used, and its
/// constants.
///
/// The constants stay in the mapped file and are valid until [#close()]. Immutable otherwise.
final class OnnxGraph implements AutoCloseable {
  private final String source;
  private final long opset;
  private final List<OnnxNode> nodes;
  private final List<OnnxValue> inputs;
  private final List<OnnxValue> outputs;
  private final Map<String, OnnxTensor> constants;
  private final Arena arena;

  /// A checked graph.
  ///
  /// @param source the file's name, for messages
  /// @throws InvalidInputException where a value is made twice, or used before it is made
  OnnxGraph(String source, OnnxReader.Parts parts, Arena arena) {
    this.source = source;
    this.opset = parts.opset();
    this.nodes = List.copyOf(parts.nodes());
    this.outputs = List.copyOf(parts.outputs());
    this.arena = arena;
    Map<String, OnnxTensor> known = new HashMap<>();
    for (OnnxTensor tensor : parts.initialisers()) {
      if (known.put(tensor.name(), tensor) != null) {
        throw damaged(source, "holds two initialisers called '" + tensor.name() + "'");
      }
    }
    this.inputs =
        parts.inputs().stream().filter(input -> !known.containsKey(input.name())).toList();
    Set<String> made = new HashSet<>(known.keySet());
    inputs.forEach(input -> made.add(input.name()));
    made.add("");
    for (OnnxNode node : nodes) {
      checkOrder(node, made);
      node.constant().ifPresent(tensor -> known.put(node.output(), tensor));
    }
    this.constants = Map.copyOf(known);
    if (nodes.isEmpty() || outputs.isEmpty()) {
      throw damaged(source, "holds no graph with nodes and outputs");
    }
  }

  /// Reads `file`, which stays mapped until the graph is closed, as do the files beside it that
  /// hold its weights.
  ///
  /// @throws InvalidInputException of kind WEIGHTS when it is not a sound ONNX file
  static OnnxGraph open(Path file) {
    return open(file, file.toString());
  }

  /// The same under the name `source` in messages.
  static OnnxGraph open(Path file, String source) {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment bytes = map(file, arena);
      Map<String, MemorySegment> sides = new HashMap<>();
      var parts =
          OnnxReader.read(
              source,
              bytes,
              location -> {
                if (!sides.containsKey(location)) {
                  sides.put(location, map(beside(file, location), arena));
                }
                return Objects.requireNonNull(sides.get(location));
              });
      return new OnnxGraph(source, parts, arena);
    } catch (IOException e) {
      arena.close();
      throw new InvalidInputException(
          InvalidInputException.Kind.WEIGHTS,
          source,
          source + " cannot be read (" + e + "); give the path of an .onnx file",
          e);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static MemorySegment map(Path file, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    }
  }

  /// The file beside the model that holds weights. Only plain names are followed, never paths to
  /// elsewhere.
  private static Path beside(Path file, String location) {
    boolean plain = location.matches("[^/\\\\:\\x00]+") && !location.equals("..");
    if (!plain || !Files.isRegularFile(file.resolveSibling(location))) {
      throw external(file.toString(), location);
    }
    return file.resolveSibling(location);
  }

  /// Reads a graph from memory; `source` names it in messages.
  static OnnxGraph of(String source, byte[] bytes) {
    OnnxReader.SideFiles none =
        location -> {
          throw external(source, location);
        };
    MemorySegment segment = MemorySegment.ofArray(bytes);
    return new OnnxGraph(source, OnnxReader.read(source, segment, none), Arena.ofShared());
  }

  private static InvalidInputException external(String source, String location) {
    return new InvalidInputException(
        InvalidInputException.Kind.WEIGHTS,
        source,
        "%s keeps weights in a second file, '%s', that is not beside it; copy it there, or export the model with external_data=False"
            .formatted(source, location));
  }

  private void checkOrder(OnnxNode node, Set<String> made) {
    for (String input : node.inputs()) {
      if (!made.contains(input)) {
        throw damaged(
            source, node.describe() + " uses '" + input + "' before any node has made it");
      }
    }
    for (String output : node.outputs()) {
      if (!output.isEmpty() && !made.add(output)) {
        throw damaged(source, node.describe() + " makes '" + output + "' a second time");
      }
    }
  }

  static InvalidInputException damaged(String source, String what) {
    return new InvalidInputException(
        InvalidInputException.Kind.WEIGHTS,
        source,
        source + " " + what + "; the file is damaged or no ONNX model, export it again");
  }

  /// The file's name.
  String source() {
    return source;
  }

  /// The version of ONNX's own operators.
  long opset() {
    return opset;
  }

  /// All nodes, in order.
  List<OnnxNode> nodes() {
    return nodes;
  }

  /// What the graph is fed; constants that the file lists as inputs are left out.
  List<OnnxValue> inputs() {
    return inputs;
  }

  /// What the graph gives.
  List<OnnxValue> outputs() {
    return outputs;
  }

  /// The constant of that name: an initialiser, or the value of a `Constant` node.
  Optional<OnnxTensor> constant(String name) {
    return Optional.ofNullable(constants.get(name));
  }

  @Override
  public void close() {
    arena.close();
  }
}
