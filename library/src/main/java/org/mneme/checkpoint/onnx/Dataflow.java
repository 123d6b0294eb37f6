package org.mneme.checkpoint.onnx;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Who makes and who uses each value of a graph, seen through the nodes that change nothing.
///
/// A value goes by its canonical name: that before all `Identity`, `Cast` and `Dropout` nodes.
final class Dataflow {
  /// Sums of more parts than this are no sums of a BERT.
  private static final int MAX_ADDENDS = 16;

  private final OnnxGraph graph;
  private final Map<String, String> canonical = new HashMap<>();
  private final Map<String, OnnxNode> producers = new HashMap<>();
  private final Map<String, List<OnnxNode>> consumers = new HashMap<>();
  private final Set<String> outputs = new LinkedHashSet<>();

  Dataflow(OnnxGraph graph) {
    this.graph = graph;
    for (OnnxNode node : graph.nodes()) {
      if (changesNothing(node)) {
        canonical.put(node.output(), canonical(node.input(0)));
        continue;
      }
      node.outputs().forEach(output -> producers.put(output, node));
      for (String input : new LinkedHashSet<>(node.inputs())) {
        consumers.computeIfAbsent(canonical(input), _ -> new ArrayList<>()).add(node);
      }
    }
    graph.outputs().forEach(output -> outputs.add(canonical(output.name())));
  }

  private static boolean changesNothing(OnnxNode node) {
    return !node.input(0).isEmpty()
        && (node.is("Identity") || node.is("Cast") || node.is("CastLike") || node.is("Dropout"));
  }

  /// The name of `value` before all nodes that change nothing.
  String canonical(String value) {
    return canonical.getOrDefault(value, value);
  }

  /// The input of `node` at `index`, by its canonical name.
  String input(OnnxNode node, int index) {
    return canonical(node.input(index));
  }

  /// The node that makes `value`; absent for an input or an initialiser.
  Optional<OnnxNode> producer(String value) {
    return Optional.ofNullable(producers.get(canonical(value)));
  }

  /// The nodes that use `value`, in their order.
  List<OnnxNode> consumers(String value) {
    return consumers.getOrDefault(canonical(value), List.of());
  }

  /// The canonical names of what the graph gives.
  Set<String> outputs() {
    return outputs;
  }

  /// All values whose elements depend on those of `origin`, itself included. The sizes of a value
  /// are not its elements: what depends on `origin` through a shape alone is left out.
  Set<String> derivedFrom(String origin) {
    Set<String> derived = new HashSet<>();
    derived.add(canonical(origin));
    for (OnnxNode node : graph.nodes()) {
      if (!readsSizes(node) && !changesNothing(node)) {
        for (String input : node.inputs()) {
          if (derived.contains(canonical(input))) {
            derived.addAll(node.outputs());
            break;
          }
        }
      }
    }
    return derived;
  }

  /// Whether the node's result depends on the sizes of its input alone.
  static boolean readsSizes(OnnxNode node) {
    return node.is("Shape") || node.is("Size");
  }

  /// `value` before the nodes that only write its elements under other sizes.
  String beforeReshape(String value) {
    String at = canonical(value);
    while (true) {
      Optional<OnnxNode> node = producer(at).filter(Dataflow::reshapes);
      if (node.isEmpty()) {
        return at;
      }
      at = input(node.get(), 0);
    }
  }

  private static boolean reshapes(OnnxNode node) {
    return node.is("Reshape") || node.is("Squeeze") || node.is("Unsqueeze") || node.is("Flatten");
  }

  /// The values whose sum `value` is, those of nested sums included. The sum is not opened at
  /// values of `whole`.
  List<String> addends(String value, Set<String> whole) {
    List<String> leaves = new ArrayList<>();
    Deque<String> open = new ArrayDeque<>();
    open.push(canonical(value));
    while (!open.isEmpty()) {
      String at = open.pop();
      Optional<OnnxNode> sum =
          whole.contains(at) || leaves.size() + open.size() >= MAX_ADDENDS
              ? Optional.empty()
              : producer(at).filter(node -> node.is("Add"));
      if (sum.isPresent()) {
        open.push(input(sum.get(), 1));
        open.push(input(sum.get(), 0));
      } else {
        leaves.add(at);
      }
    }
    return leaves;
  }

  /// The constant that `value` is, seen through transpositions and changes of size.
  Optional<OnnxWeight.Stored> constant(String value) {
    String at = canonical(value);
    boolean flipped = false;
    boolean resized = false;
    while (graph.constant(at).isEmpty()) {
      Optional<OnnxNode> node = producer(at);
      boolean swaps =
          node.filter(found -> found.is("Transpose"))
              .flatMap(found -> Optional.of(found.wholes("perm").orElse(List.of(1L, 0L))))
              .equals(Optional.of(List.of(1L, 0L)));
      if (node.isEmpty() || !(swaps || reshapes(node.get()))) {
        return Optional.empty();
      }
      flipped ^= swaps;
      resized |= !swaps;
      at = input(node.get(), 0);
    }
    OnnxTensor tensor = graph.constant(at).orElseThrow();
    // a row stays the same row under any sizes; a matrix might not
    boolean sound =
        tensor.type().isReal()
            && (!resized || tensor.dims().size() <= 1)
            && (!flipped || tensor.dims().size() == 2);
    var stored = new OnnxWeight.Stored(tensor, tensor.dims(), false);
    return sound ? Optional.of(flipped ? stored.flipped() : stored) : Optional.empty();
  }

  /// The constant row of `count` numbers that `value` is.
  Optional<OnnxWeight.Stored> row(String value, long count) {
    return constant(value).filter(found -> found.count() == count).map(found -> found.as(count));
  }

  /// The dense layer whose output `value` is.
  Optional<Dense> dense(String value) {
    return dense(addends(value, Set.of()));
  }

  /// The dense layer whose output is the sum of `parts`.
  Optional<Dense> dense(List<String> parts) {
    List<String> rows = new ArrayList<>();
    List<String> rest = new ArrayList<>(parts);
    // a product of flattened tokens is written under other sizes before, or after, its bias is
    // added
    for (boolean opened = true; opened; ) {
      List<String> leaves = new ArrayList<>();
      for (String part : rest) {
        leaves.addAll(addends(beforeReshape(part), Set.of()));
      }
      rows.addAll(leaves.stream().filter(leaf -> constant(leaf).isPresent()).toList());
      leaves.removeIf(leaf -> constant(leaf).isPresent());
      opened = !leaves.equals(rest) && leaves.size() == 1;
      rest = leaves;
    }
    if (rest.size() != 1) {
      return Optional.empty();
    }
    Optional<OnnxNode> node = producer(rest.getFirst());
    return node.flatMap(this::weight).flatMap(weight -> dense(node.get(), weight, rows));
  }

  /// The constant matrix of a product, as `[out, in]`.
  private Optional<OnnxWeight.Stored> weight(OnnxNode node) {
    boolean plain = node.is("MatMul");
    boolean general =
        node.is("Gemm")
            && node.whole("transA", 0) == 0
            && node.real("alpha", 1) == 1
            && node.real("beta", 1) == 1;
    if (!plain && !general) {
      return Optional.empty();
    }
    boolean outFirst = general && node.whole("transB", 0) != 0;
    return constant(node.input(1))
        .filter(found -> found.shape().size() == 2)
        .map(found -> outFirst ? found : found.flipped());
  }

  private Optional<Dense> dense(OnnxNode node, OnnxWeight.Stored weight, List<String> rows) {
    long out = weight.shape().get(0);
    List<String> biases = new ArrayList<>(rows);
    if (node.is("Gemm") && !node.input(2).isEmpty()) {
      biases.add(node.input(2));
    }
    if (biases.isEmpty()) {
      OnnxWeight none = new OnnxWeight.Filled(0, List.of(out));
      return Optional.of(new Dense(input(node, 0), weight, none, node));
    }
    return biases.size() > 1
        ? Optional.empty()
        : row(biases.getFirst(), out).map(bias -> new Dense(input(node, 0), weight, bias, node));
  }
}
