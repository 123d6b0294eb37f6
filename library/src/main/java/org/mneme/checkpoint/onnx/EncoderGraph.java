package org.mneme.checkpoint.onnx;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mneme.InvalidInputException;

/// A graph with all that helps to recognise an encoder in it.
record EncoderGraph(OnnxGraph graph, Dataflow flow, GraphProbe probe, List<LayerNorm> norms) {
  private static final Set<String> QUANTISED =
      Set.of(
          "DequantizeLinear",
          "DynamicQuantizeLinear",
          "MatMulInteger",
          "MatMulNBits",
          "QLinearMatMul");

  /// Looks the graph through.
  static EncoderGraph of(OnnxGraph graph) {
    var flow = new Dataflow(graph);
    var probe = new GraphProbe(graph);
    return new EncoderGraph(graph, flow, probe, LayerNorm.all(graph, flow, probe));
  }

  /// The error that says where the graph parts from a BERT.
  InvalidInputException mismatch(OnnxNode node, String what) {
    return mismatch("at " + node.describe() + ": " + what);
  }

  /// The error about `value`, named by the node that makes it.
  InvalidInputException mismatch(String value, String what) {
    Optional<OnnxNode> node = flow.producer(value);
    return node.isPresent()
        ? mismatch(node.get(), what)
        : mismatch("at value '" + value + "': " + what);
  }

  /// The error about the graph as a whole.
  InvalidInputException mismatch(String what) {
    return new InvalidInputException(
        InvalidInputException.Kind.WEIGHTS,
        graph.source(),
        graph.source() + " is no BERT encoder that can be imported, " + what + advice());
  }

  /// What to do about a graph that was a BERT before some tool rewrote it.
  private String advice() {
    List<OnnxNode> nodes = graph.nodes();
    if (nodes.stream().anyMatch(node -> QUANTISED.contains(node.opType()))) {
      return "; the graph is quantised, import the float32 export";
    }
    return nodes.stream().anyMatch(node -> node.domain().startsWith("com.microsoft"))
        ? "; the graph was fused for ONNX Runtime, import the export from before that"
        : "";
  }
}
