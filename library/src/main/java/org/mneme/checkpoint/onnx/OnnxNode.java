package org.mneme.checkpoint.onnx;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One operation of the graph.
///
/// @param domain empty for ONNX's own operators
/// @param inputs names of values; an empty name stands for an input left out
record OnnxNode(
    String opType,
    String domain,
    String name,
    List<String> inputs,
    List<String> outputs,
    Map<String, OnnxAttribute> attributes) {

  OnnxNode {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    attributes = Map.copyOf(attributes);
  }

  /// Whether it is ONNX's own operator of that name.
  boolean is(String type) {
    return opType.equals(type) && (domain.isEmpty() || domain.equals("ai.onnx"));
  }

  /// The name of its input at `index`, empty where there is none.
  String input(int index) {
    return index < inputs.size() ? inputs.get(index) : "";
  }

  /// The name of its first output, empty where there is none.
  String output() {
    return outputs.isEmpty() ? "" : outputs.getFirst();
  }

  /// A whole-number setting.
  long whole(String key, long otherwise) {
    return attributes.get(key) instanceof OnnxAttribute.Whole(long value) ? value : otherwise;
  }

  /// A real-number setting.
  float real(String key, float otherwise) {
    return attributes.get(key) instanceof OnnxAttribute.Real(float value) ? value : otherwise;
  }

  /// A word.
  String text(String key, String otherwise) {
    return attributes.get(key) instanceof OnnxAttribute.Text(String value) ? value : otherwise;
  }

  /// A list of whole numbers.
  Optional<List<Long>> wholes(String key) {
    return attributes.get(key) instanceof OnnxAttribute.Wholes(List<Long> values)
        ? Optional.of(values)
        : Optional.empty();
  }

  /// The tensor that a node of type `Constant` stands for.
  Optional<OnnxTensor> constant() {
    if (!is("Constant") || attributes.size() != 1) {
      return Optional.empty();
    }
    return switch (attributes.values().iterator().next()) {
      case OnnxAttribute.Value(OnnxTensor tensor) -> Optional.of(tensor);
      case OnnxAttribute.Whole(long value) ->
          Optional.of(OnnxTensor.ofLongs(List.of(), List.of(value)));
      case OnnxAttribute.Real(float value) ->
          Optional.of(OnnxTensor.ofFloats(List.of(), List.of(value)));
      case OnnxAttribute.Wholes(List<Long> values) ->
          Optional.of(OnnxTensor.ofLongs(List.of((long) values.size()), values));
      case OnnxAttribute.Reals(List<Float> values) ->
          Optional.of(OnnxTensor.ofFloats(List.of((long) values.size()), values));
      case OnnxAttribute.Text _, OnnxAttribute.Other _ -> Optional.empty();
    };
  }

  /// The node in words, for messages.
  String describe() {
    return opType + " node '" + (name.isEmpty() ? output() : name) + "'";
  }
}
