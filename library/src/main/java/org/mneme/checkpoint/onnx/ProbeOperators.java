package org.mneme.checkpoint.onnx;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/// What each operator makes of the sizes and, where they are known, of the elements of its inputs.
///
/// Covers the arithmetic of shapes, positions, masks, norms and activations as exporters write it.
/// Products of large values yield sizes alone. What is not covered, or does not fit, is unknown:
/// never an error here.
final class ProbeOperators {
  private final OnnxNode node;
  private final List<Optional<ProbeValue>> inputs;

  private ProbeOperators(OnnxNode node, List<Optional<ProbeValue>> inputs) {
    this.node = node;
    this.inputs = inputs;
  }

  /// The first output of `node`, absent where nothing is known of it.
  static Optional<ProbeValue> apply(OnnxNode node, List<Optional<ProbeValue>> inputs) {
    if (!node.domain().isEmpty() && !node.domain().equals("ai.onnx")) {
      return Optional.empty();
    }
    return new ProbeOperators(node, inputs).result();
  }

  private Optional<ProbeValue> input(int index) {
    return index < inputs.size() ? inputs.get(index) : Optional.empty();
  }

  private Optional<ProbeValue> result() {
    return switch (node.opType()) {
      case "Identity", "Dropout", "CastLike" -> input(0);
      case "Cast" -> input(0).map(this::cast);
      case "Shape" -> input(0).map(this::shape);
      case "Size" -> input(0).map(value -> ProbeValue.scalar((double) value.dims().count(), true));
      case "Softmax", "LayerNormalization", "Clip" ->
          input(0).map(value -> ProbeValue.sized(value.dims()));
      case "Attention" -> input(0).map(value -> ProbeValue.sized(value.dims()));
      case "Where" -> where();
      case "Concat" -> concat();
      case "Range" -> range();
      case "ConstantOfShape" -> constantOfShape();
      case "Expand",
          "Reshape",
          "Flatten",
          "Squeeze",
          "Unsqueeze",
          "Transpose",
          "Slice",
          "Gather",
          "GatherElements" ->
          input(0).flatMap(value -> new ProbeLayout(node, inputs, value).result());
      case "ReduceMean", "ReduceSum", "ReduceL2", "ReduceMax" -> input(0).flatMap(this::reduce);
      case "MatMul" -> matMul();
      case "Gemm" -> gemm();
      default -> elementwise();
    };
  }

  private Optional<ProbeValue> elementwise() {
    if (inputs.size() == 1) {
      Optional<DoubleUnaryOperator> function = ScalarOperators.unary(node);
      return input(0).flatMap(x -> function.map(f -> x.map(f, x.whole())));
    }
    if (inputs.size() != 2 || ScalarOperators.binary(node, false).isEmpty()) {
      return Optional.empty();
    }
    if (input(0).isEmpty() || input(1).isEmpty()) {
      // masks are the usual unknown, and never stretch what they are added to
      return input(0).or(() -> input(1)).map(known -> ProbeValue.sized(known.dims()));
    }
    boolean whole = input(0).get().whole() && input(1).get().whole();
    return input(0)
        .get()
        .combine(input(1).get(), ScalarOperators.binary(node, whole).orElseThrow(), whole);
  }

  private ProbeValue cast(ProbeValue value) {
    OnnxType type = OnnxType.of((int) node.whole("to", 1));
    if (type == OnnxType.BOOL) {
      return value.map(x -> x == 0 ? 0 : 1, true);
    }
    return type.isReal() ? value.map(x -> x, false) : value.map(ScalarOperators::truncated, true);
  }

  private ProbeValue shape(ProbeValue value) {
    int rank = value.dims().rank();
    long start = node.whole("start", 0);
    long end = node.whole("end", rank);
    int from = Math.clamp(start < 0 ? start + rank : start, 0, rank);
    int to = Math.clamp(end < 0 ? end + rank : end, from, rank);
    long[] sizes = Arrays.copyOfRange(value.dims().toArray(), from, to);
    return ProbeValue.of(
        Dims.of(sizes.length), Arrays.stream(sizes).asDoubleStream().toArray(), true);
  }

  private Optional<ProbeValue> where() {
    Optional<ProbeValue> left = input(1);
    Optional<ProbeValue> right = input(2);
    if (left.isEmpty() || right.isEmpty() || input(0).isEmpty()) {
      return left.or(() -> right).map(known -> ProbeValue.sized(known.dims()));
    }
    ProbeValue condition = input(0).get();
    Optional<Dims> joint =
        condition
            .dims()
            .stretched(left.get().dims())
            .flatMap(dims -> dims.stretched(right.get().dims()));
    if (joint.isEmpty()
        || condition.elements().isEmpty()
        || left.get().elements().isEmpty()
        || right.get().elements().isEmpty()
        || joint.get().count() > ProbeValue.MAX_ELEMENTS) {
      return joint.map(ProbeValue::sized);
    }
    double[] chosen = condition.view(joint.get()).orElseThrow();
    double[] yes = left.get().view(joint.get()).orElseThrow();
    double[] no = right.get().view(joint.get()).orElseThrow();
    double[] results = new double[chosen.length];
    for (int i = 0; i < results.length; i++) {
      results[i] = chosen[i] != 0 ? yes[i] : no[i];
    }
    return Optional.of(ProbeValue.of(joint.get(), results, left.get().whole()));
  }

  /// Joins rows of numbers, as shapes are made; of other values it is unknown.
  private Optional<ProbeValue> concat() {
    double[] joined = new double[0];
    for (Optional<ProbeValue> input : inputs) {
      if (input.isEmpty()
          || input.get().dims().rank() != 1
          || input.get().elements().isEmpty()
          || joined.length > ProbeValue.MAX_ELEMENTS) {
        return Optional.empty();
      }
      double[] part = input.get().elements().get();
      int length = joined.length;
      joined = Arrays.copyOf(joined, length + part.length);
      System.arraycopy(part, 0, joined, length, part.length);
    }
    return Optional.of(ProbeValue.of(Dims.of(joined.length), joined, true));
  }

  private Optional<ProbeValue> range() {
    Optional<Double> start = input(0).flatMap(ProbeValue::number);
    Optional<Double> limit = input(1).flatMap(ProbeValue::number);
    Optional<Double> delta = input(2).flatMap(ProbeValue::number);
    if (start.isEmpty() || limit.isEmpty() || delta.isEmpty() || delta.get() == 0) {
      return Optional.empty();
    }
    double count = Math.max(0, Math.ceil((limit.get() - start.get()) / delta.get()));
    if (!(count <= ProbeValue.MAX_ELEMENTS)) {
      return Optional.empty();
    }
    double[] results = new double[(int) count];
    for (int i = 0; i < results.length; i++) {
      results[i] = start.get() + i * delta.get();
    }
    return Optional.of(ProbeValue.of(Dims.of(results.length), results, true));
  }

  private Optional<ProbeValue> constantOfShape() {
    Optional<Dims> dims = input(0).flatMap(ProbeValue::longs).flatMap(Dims::checked);
    Optional<OnnxTensor> filler =
        node.attributes().get("value") instanceof OnnxAttribute.Value(OnnxTensor tensor)
            ? Optional.of(tensor).filter(value -> value.count() == 1)
            : Optional.empty();
    double number = filler.map(value -> value.element(0)).orElse(0.0);
    return dims.map(target -> {
      if (target.count() > ProbeValue.MAX_ELEMENTS) {
        return ProbeValue.sized(target);
      }
      double[] results = new double[(int) target.count()];
      Arrays.fill(results, number);
      return ProbeValue.of(
          target, results, filler.map(value -> !value.type().isReal()).orElse(false));
    });
  }

  /// Sizes, and over the last axis the elements too: that is what a norm does.
  private Optional<ProbeValue> reduce(ProbeValue value) {
    Optional<long[]> axes =
        node.wholes("axes")
            .map(list -> list.stream().mapToLong(Long::longValue).toArray())
            .or(() -> input(1).flatMap(ProbeValue::longs));
    if (axes.isEmpty() || axes.get().length != 1) {
      return Optional.empty();
    }
    boolean keep = node.whole("keepdims", 1) != 0;
    return value
        .dims()
        .axis(axes.get()[0])
        .map(axis ->
            axis == value.dims().rank() - 1
                ? reduceRows(value, keep)
                : reduceSizes(value, axis, keep));
  }

  private static ProbeValue reduceSizes(ProbeValue value, int axis, boolean keep) {
    long[] sizes = value.dims().toArray();
    long[] left = new long[keep ? sizes.length : sizes.length - 1];
    for (int from = 0, to = 0; from < sizes.length; from++) {
      if (from != axis) {
        left[to++] = sizes[from];
      } else if (keep) {
        left[to++] = 1;
      }
    }
    return ProbeValue.sized(Dims.of(left));
  }

  private ProbeValue reduceRows(ProbeValue value, boolean keep) {
    ProbeValue sized = reduceSizes(value, value.dims().rank() - 1, keep);
    int length = (int) Math.min(value.dims().size(-1), ProbeValue.MAX_ELEMENTS);
    if (length == 0 || !(node.is("ReduceMean") || node.is("ReduceSum"))) {
      return sized;
    }
    double divisor = node.is("ReduceMean") ? length : 1;
    Optional<double[]> results =
        value
            .elements()
            .map(known -> {
              double[] rows = new double[known.length / length];
              for (int i = 0; i < known.length; i++) {
                rows[i / length] += known[i] / divisor;
              }
              return rows;
            });
    return new ProbeValue(sized.dims(), results, value.whole());
  }

  private Optional<ProbeValue> matMul() {
    if (input(0).isEmpty() || input(1).isEmpty()) {
      return Optional.empty();
    }
    long[] left = input(0).get().dims().toArray();
    long[] right = input(1).get().dims().toArray();
    if (left.length < 2 || right.length < 2 || left[left.length - 1] != right[right.length - 2]) {
      return Optional.empty();
    }
    Dims leftBatch = Dims.of(Arrays.copyOf(left, left.length - 2));
    Dims rightBatch = Dims.of(Arrays.copyOf(right, right.length - 2));
    return leftBatch
        .stretched(rightBatch)
        .flatMap(batch -> {
          long[] sizes = Arrays.copyOf(batch.toArray(), batch.rank() + 2);
          sizes[batch.rank()] = left[left.length - 2];
          sizes[batch.rank() + 1] = right[right.length - 1];
          return Dims.checked(sizes);
        })
        .map(ProbeValue::sized);
  }

  private Optional<ProbeValue> gemm() {
    if (input(0).isEmpty()
        || input(1).isEmpty()
        || input(0).get().dims().rank() != 2
        || input(1).get().dims().rank() != 2) {
      return Optional.empty();
    }
    Dims left = input(0).get().dims();
    Dims right = input(1).get().dims();
    return Dims.checked(
            left.size(node.whole("transA", 0) == 0 ? 0 : 1),
            right.size(node.whole("transB", 0) == 0 ? 1 : 0))
        .map(ProbeValue::sized);
  }
}
