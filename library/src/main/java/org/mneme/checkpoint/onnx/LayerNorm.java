package org.mneme.checkpoint.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// A layer normalisation: one fused node, or the chain of small nodes that it is without one.
///
/// @param input the value that is normalised, `[..., dim]`
/// @param output its normalised, scaled and shifted rows
/// @param weight `[dim]`; ones where the graph leaves it out
/// @param bias `[dim]`; zeros where the graph leaves it out
/// @param node its last node
record LayerNorm(
    String input,
    String output,
    OnnxWeight weight,
    OnnxWeight bias,
    double epsilon,
    OnnxNode node) {

  /// A row of mean 1/4 and variance 1e-8: small enough that the epsilon shows in the result.
  private static final double[] FAINT = alternating(0.25, 1e-4);

  private static final double[] LIVELY = {0.5, -1.25, 2, 0.75, -0.5, 3, -2.25, 1};

  /// All layer normalisations of the graph, in their order.
  static List<LayerNorm> all(OnnxGraph graph, Dataflow flow, GraphProbe probe) {
    List<LayerNorm> norms = new ArrayList<>();
    for (OnnxNode node : graph.nodes()) {
      if (node.is("LayerNormalization")) {
        fused(node, flow, probe).ifPresent(norms::add);
      } else if (node.is("Sub")) {
        chained(node, flow, probe).ifPresent(norms::add);
      }
    }
    return norms;
  }

  private static Optional<LayerNorm> fused(OnnxNode node, Dataflow flow, GraphProbe probe) {
    Optional<OnnxWeight.Stored> weight = flow.constant(node.input(1));
    long axis = node.whole("axis", -1);
    Optional<Integer> rank = probe.dims(node.input(0)).map(Dims::rank);
    if (weight.isEmpty() || (axis != -1 && rank.filter(r -> r == axis + 1).isEmpty())) {
      return Optional.empty();
    }
    long dim = weight.get().count();
    OnnxWeight none = new OnnxWeight.Filled(0, List.of(dim));
    Optional<OnnxWeight> bias =
        node.input(2).isEmpty() ? Optional.of(none) : flow.row(node.input(2), dim).map(row -> row);
    return bias.map(found ->
        new LayerNorm(
            flow.input(node, 0),
            node.output(),
            weight.get().as(dim),
            found,
            rounded(node.real("epsilon", 1e-5f)),
            node));
  }

  /// The chain that starts with the subtraction of the mean. It is known by what it does to rows of
  /// numbers, not by its nodes: those differ.
  private static Optional<LayerNorm> chained(OnnxNode sub, Dataflow flow, GraphProbe probe) {
    String input = flow.input(sub, 0);
    boolean centres =
        flow.producer(sub.input(1))
            .filter(node -> node.is("ReduceMean") && flow.input(node, 0).equals(input))
            .isPresent();
    if (!centres) {
      return Optional.empty();
    }
    for (OnnxNode node : flow.consumers(sub.output())) {
      boolean scales = node.is("Div") || node.is("Mul");
      if (scales && flow.constant(node.input(0)).or(() -> flow.constant(node.input(1))).isEmpty()) {
        Optional<Double> epsilon = epsilon(input, node.output(), probe);
        if (epsilon.isPresent()) {
          return scaled(input, node, epsilon.get(), flow, probe);
        }
      }
    }
    return Optional.empty();
  }

  /// Follows the normalised rows through the product with the weight and the sum with the bias,
  /// where there are.
  private static Optional<LayerNorm> scaled(
      String input, OnnxNode last, double epsilon, Dataflow flow, GraphProbe probe) {
    Optional<Step> scaling = step(last.output(), "Mul", flow);
    OnnxNode node = scaling.map(Step::node).orElse(last);
    Optional<Step> shift = step(node.output(), "Add", flow);
    Optional<Long> size =
        scaling
            .or(() -> shift)
            .map(step -> step.row().count())
            .or(() -> probe.dims(input).filter(dims -> dims.rank() > 0).map(dims -> dims.size(-1)));
    if (size.isEmpty() || size.get() < 1) {
      return Optional.empty();
    }
    long dim = size.get();
    boolean fits = shift.map(step -> step.row().count() == dim).orElse(true);
    return fits
        ? Optional.of(
            new LayerNorm(
                input,
                shift.map(Step::node).orElse(node).output(),
                scaling
                    .<OnnxWeight>map(step -> step.row().as(dim))
                    .orElseGet(() -> new OnnxWeight.Filled(1, List.of(dim))),
                shift
                    .<OnnxWeight>map(step -> step.row().as(dim))
                    .orElseGet(() -> new OnnxWeight.Filled(0, List.of(dim))),
                epsilon,
                shift.map(Step::node).orElse(node)))
        : Optional.empty();
  }

  private record Step(OnnxNode node, OnnxWeight.Stored row) {}

  /// The one node that uses `value`, where it is of that type and its other input is a constant
  /// row.
  private static Optional<Step> step(String value, String type, Dataflow flow) {
    List<OnnxNode> users = flow.consumers(value);
    if (users.size() != 1
        || !users.getFirst().is(type)
        || flow.outputs().contains(flow.canonical(value))) {
      return Optional.empty();
    }
    OnnxNode node = users.getFirst();
    int other = flow.input(node, 0).equals(flow.canonical(value)) ? 1 : 0;
    return flow.constant(node.input(other))
        .filter(row -> row.count() > 1 && row.shape().stream().filter(d -> d != 1).count() == 1)
        .map(row -> new Step(node, row));
  }

  /// The epsilon with which `output` is the normalised `input`; absent where it is not.
  private static Optional<Double> epsilon(String input, String output, GraphProbe probe) {
    Optional<double[]> faint = response(input, FAINT, output, probe);
    Optional<double[]> lively = response(input, LIVELY, output, probe);
    if (faint.isEmpty() || lively.isEmpty()) {
      return Optional.empty();
    }
    double spread = 1e-4;
    double ratio = faint.get()[0];
    double epsilon = spread * spread * (1 / (ratio * ratio) - 1);
    double[] expected = normalised(LIVELY, epsilon);
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(expected[i] - lively.get()[i]) < 1e-6)) {
        return Optional.empty();
      }
    }
    return epsilon > -1e-15 && epsilon < 1
        ? Optional.of(rounded((float) Math.max(epsilon, 0)))
        : Optional.empty();
  }

  private static Optional<double[]> response(
      String input, double[] row, String output, GraphProbe probe) {
    int rank = Math.max(probe.dims(input).map(Dims::rank).orElse(3), 1);
    long[] sizes = new long[rank];
    Arrays.fill(sizes, 1);
    sizes[rank - 1] = row.length;
    return probe
        .response(input, ProbeValue.of(Dims.of(sizes), row, false), output)
        .filter(result -> result.length == row.length);
  }

  private static double[] normalised(double[] row, double epsilon) {
    double mean = 0;
    for (double x : row) {
      mean += x / row.length;
    }
    double variance = 0;
    for (double x : row) {
      variance += (x - mean) * (x - mean) / row.length;
    }
    double[] results = new double[row.length];
    for (int i = 0; i < row.length; i++) {
      results[i] = (row[i] - mean) / Math.sqrt(variance + epsilon);
    }
    return results;
  }

  private static double[] alternating(double mean, double spread) {
    double[] row = new double[8];
    for (int i = 0; i < row.length; i++) {
      row[i] = i % 2 == 0 ? mean + spread : mean - spread;
    }
    return row;
  }

  /// The shortest decimal number that float32 cannot tell from `value`: the one that its author
  /// wrote.
  private static double rounded(float value) {
    return Double.parseDouble(Float.toString(value));
  }
}
