package org.mneme.checkpoint.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the values of a graph come to when it is fed two sequences of three tokens: sizes wherever
/// they can be told, elements where they do not depend on the tokens themselves.
///
/// So shapes, positions and scales are read off rather than their making recognised, which differs
/// from exporter to exporter.
final class GraphProbe {
  /// Sequences fed where the graph leaves the number open.
  static final long BATCH = 2;

  /// Tokens of each where the graph leaves the number open.
  static final long TOKENS = 3;

  /// Keeps a hostile file from filling the memory with expanded constants.
  private static final long MAX_TOTAL_ELEMENTS = 1 << 23;

  private final OnnxGraph graph;
  private final Map<String, ProbeValue> known = new HashMap<>();
  private final Map<String, Integer> madeAt = new HashMap<>();

  GraphProbe(OnnxGraph graph) {
    this.graph = graph;
    for (OnnxValue input : graph.inputs()) {
      fed(input).ifPresent(value -> known.put(input.name(), value));
    }
    long total = 0;
    for (int i = 0; i < graph.nodes().size(); i++) {
      OnnxNode node = graph.nodes().get(i);
      for (String output : node.outputs()) {
        madeAt.put(output, i);
      }
      Optional<ProbeValue> made = apply(node, known);
      if (made.isEmpty()) {
        continue;
      }
      total += made.get().elements().map(elements -> elements.length).orElse(0);
      known.put(
          node.output(),
          total < MAX_TOTAL_ELEMENTS ? made.get() : ProbeValue.sized(made.get().dims()));
    }
  }

  private static Optional<ProbeValue> fed(OnnxValue input) {
    if (input.dims().isEmpty()) {
      return Optional.of(fed(input.name(), Dims.of(BATCH, TOKENS)));
    }
    List<Long> asked = input.dims().get();
    List<Long> sizes = new ArrayList<>();
    for (int axis = 0; axis < asked.size(); axis++) {
      long open = axis == 0 ? BATCH : TOKENS;
      sizes.add(asked.get(axis) < 0 ? open : asked.get(axis));
    }
    return Dims.of(sizes).map(dims -> fed(input.name(), dims));
  }

  /// Every token takes part, so that a mask which still shuts some out is one of the model's own.
  private static ProbeValue fed(String name, Dims dims) {
    if (!name.equals("attention_mask") || dims.count() > ProbeValue.MAX_ELEMENTS) {
      return ProbeValue.sized(dims);
    }
    double[] ones = new double[(int) dims.count()];
    Arrays.fill(ones, 1);
    return ProbeValue.of(dims, ones, true);
  }

  private Optional<ProbeValue> apply(OnnxNode node, Map<String, ProbeValue> from) {
    List<Optional<ProbeValue>> inputs = new ArrayList<>();
    for (String input : node.inputs()) {
      inputs.add(find(input, from));
    }
    return ProbeOperators.apply(node, inputs);
  }

  private Optional<ProbeValue> find(String name, Map<String, ProbeValue> from) {
    ProbeValue found = from.get(name);
    if (found == null) {
      found = known.get(name);
    }
    return found != null
        ? Optional.of(found)
        : graph
            .constant(name)
            .map(tensor -> known.computeIfAbsent(name, _ -> ProbeValue.of(tensor)));
  }

  /// What is known of the value of that name.
  Optional<ProbeValue> value(String name) {
    return find(name, known);
  }

  /// The sizes of the value of that name.
  Optional<Dims> dims(String name) {
    return value(name).map(ProbeValue::dims);
  }

  /// What `target` becomes when `stimulus` stands in the place of `source`: the small function that
  /// the nodes between them compute. Absent where they do more than the probe can follow.
  Optional<double[]> response(String source, ProbeValue stimulus, String target) {
    Map<String, ProbeValue> local = new HashMap<>();
    local.put(source, stimulus);
    int first = madeAt.getOrDefault(source, -1) + 1;
    int last = madeAt.getOrDefault(target, -1);
    for (int i = first; i <= last; i++) {
      OnnxNode node = graph.nodes().get(i);
      if (node.inputs().stream().anyMatch(local::containsKey)) {
        Optional<ProbeValue> made = apply(node, local);
        if (made.isPresent()) {
          local.put(node.output(), made.get());
        } else {
          local.put(node.output(), ProbeValue.sized(Dims.of(0)));
        }
      }
    }
    return Optional.ofNullable(local.get(target)).flatMap(ProbeValue::elements);
  }
}
