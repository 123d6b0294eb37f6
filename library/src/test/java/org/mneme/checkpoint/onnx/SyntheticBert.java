package org.mneme.checkpoint.onnx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;

/// A BERT of any size as an ONNX graph, written operator by operator. Values and initialisers have
/// numbers for names.
final class SyntheticBert {
  final int vocabulary;
  final int dim;
  final int layers;
  final int heads;
  final int wide;
  final int positions;

  /// The weights under their Hugging Face names, `[out, in]`.
  final Map<String, float[]> weights = new LinkedHashMap<>();

  /// Changes a node before it is written; the names of nodes say what they are.
  UnaryOperator<Step> change = step -> step;

  /// Whether norms are one node each.
  boolean fused;

  /// What follows the last hidden states: nothing, `mean`, `cls`, `pooler` or `head`.
  String tail = "";

  private final Random random;
  private final List<Step> steps = new ArrayList<>();
  private final OnnxWriter writer = new OnnxWriter();
  private int names;

  /// A node to be written.
  record Step(String type, String name, List<String> from, String to, List<byte[]> attributes) {
    Step withType(String other) {
      return new Step(other, name, from, to, attributes);
    }

    Step withInput(int index, String value) {
      List<String> changed = new ArrayList<>(from);
      changed.set(index, value);
      return new Step(type, name, changed, to, attributes);
    }

    Step withAttributes(byte[]... others) {
      return new Step(type, name, from, to, List.of(others));
    }
  }

  SyntheticBert(
      long seed, int vocabulary, int dim, int layers, int heads, int wide, int positions) {
    this.random = new Random(seed);
    this.vocabulary = vocabulary;
    this.dim = dim;
    this.layers = layers;
    this.heads = heads;
    this.wide = wide;
    this.positions = positions;
  }

  /// One of the smallest: 2 layers of 8 columns.
  static SyntheticBert small() {
    return new SyntheticBert(1, 11, 8, 2, 2, 12, 9);
  }

  /// The bytes of the model; call it once.
  byte[] build() {
    writer.input("input_ids", 7, -1, -1);
    writer.input("attention_mask", 7, -1, -1);
    writer.input("token_type_ids", 7, -1, -1);
    String mask = mask();
    String hidden = embeddings();
    for (int layer = 0; layer < layers; layer++) {
      hidden = layer("encoder.layer." + layer + ".", hidden, mask);
    }
    add("Identity", "output", List.of(hidden), "last_hidden_state");
    writer.output("last_hidden_state", 1, -1, -1, dim);
    if (!tail.isEmpty()) {
      add("Identity", "embedding", List.of(tail(hidden)), "sentence_embedding");
      writer.output("sentence_embedding", 1, -1, dim);
    }
    for (Step step : steps) {
      Step changed = change.apply(step);
      writer.node(
          changed.type(),
          changed.name(),
          changed.from(),
          List.of(changed.to()),
          changed.attributes().toArray(byte[][]::new));
    }
    return writer.build(14);
  }

  private String mask() {
    String wideMask = op("Unsqueeze", "mask.unsqueeze", List.of("attention_mask", constant(1, 2)));
    String real = op("Cast", "mask.cast", List.of(wideMask), OnnxWriter.whole("to", 1));
    String inverse = op("Sub", "mask.invert", List.of(number(1), real));
    return op("Mul", "mask.scale", List.of(inverse, number(-1e9f)));
  }

  private String embeddings() {
    String words =
        op(
            "Gather",
            "words",
            List.of(matrix("embeddings.word_embeddings.weight", vocabulary, dim), "input_ids"));
    String ids = initialiser(OnnxWriter.longs(fresh(), range(positions), 1, positions));
    String shape = op("Shape", "shape", List.of("input_ids"));
    String tokens = op("Gather", "tokens", List.of(shape, constant(1)));
    String used = op("Slice", "used", List.of(ids, constant(0), tokens, constant(1)));
    String order =
        op(
            "Gather",
            "positions",
            List.of(matrix("embeddings.position_embeddings.weight", positions, dim), used));
    String types =
        op(
            "Gather",
            "types",
            List.of(matrix("embeddings.token_type_embeddings.weight", 2, dim), "token_type_ids"));
    String both = op("Add", "embeddings.sum", List.of(words, types));
    String all = op("Add", "embeddings.total", List.of(both, order));
    return norm("embeddings.LayerNorm", all);
  }

  private String tail(String hidden) {
    String first = op("Gather", "first", List.of(hidden, scalar(0)), OnnxWriter.whole("axis", 1));
    return switch (tail) {
      case "mean" -> {
        String mask = op("Unsqueeze", "pool.mask", List.of("attention_mask", constant(-1)));
        String real = op("Cast", "pool.cast", List.of(mask), OnnxWriter.whole("to", 1));
        String kept = op("Mul", "pool.mul", List.of(hidden, real));
        byte[] drop = OnnxWriter.whole("keepdims", 0);
        String sum = op("ReduceSum", "pool.sum", List.of(kept, constant(1)), drop);
        String count = op("ReduceSum", "pool.count", List.of(real, constant(1)), drop);
        String mean = op("Div", "pool.mean", List.of(sum, count));
        String length = op("ReduceL2", "pool.length", List.of(mean), OnnxWriter.wholes("axes", 1));
        yield op("Div", "pool.normal", List.of(mean, length));
      }
      case "cls" -> first;
      case "pooler" -> op("Tanh", "pool.tanh", List.of(dense("pooler.dense", first, dim, dim)));
      default -> dense("classifier", hidden, dim, dim);
    };
  }

  private String scalar(long value) {
    return initialiser(OnnxWriter.longs(fresh(), new long[] {value}));
  }

  private String layer(String name, String hidden, String mask) {
    String query = head(name + "attention.self.query", hidden, 0, 2, 1, 3);
    String key = head(name + "attention.self.key", hidden, 0, 2, 3, 1);
    String value = head(name + "attention.self.value", hidden, 0, 2, 1, 3);
    int headDim = dim / heads;
    String scores = op("MatMul", name + "scores", List.of(query, key));
    String scaled = op("Div", name + "scale", List.of(scores, number((float) Math.sqrt(headDim))));
    String masked = op("Add", name + "mask", List.of(scaled, mask));
    String shares = op("Softmax", name + "softmax", List.of(masked), OnnxWriter.whole("axis", -1));
    String context = op("MatMul", name + "context", List.of(shares, value));
    String joined =
        op("Transpose", name + "join", List.of(context), OnnxWriter.wholes("perm", 0, 2, 1, 3));
    String flat = op("Reshape", name + "flat", List.of(joined, constant(0, 0, dim)));
    String projected = dense(name + "attention.output.dense", flat, dim, dim);
    String first = op("Add", name + "attention.residual", List.of(projected, hidden));
    String attended = norm(name + "attention.output.LayerNorm", first);
    String wider = dense(name + "intermediate.dense", attended, dim, wide);
    String active = op("Relu", name + "activation", List.of(wider));
    String narrow = dense(name + "output.dense", active, wide, dim);
    String second = op("Add", name + "output.residual", List.of(attended, narrow));
    return norm(name + "output.LayerNorm", second);
  }

  private String head(String name, String hidden, long... order) {
    String flat = dense(name, hidden, dim, dim);
    String split =
        op("Reshape", name + ".split", List.of(flat, constant(0, 0, heads, dim / heads)));
    return op("Transpose", name + ".turn", List.of(split), OnnxWriter.wholes("perm", order));
  }

  private String dense(String name, String input, int in, int out) {
    float[] weight = numbers(in * out);
    weights.put(name + ".weight", weight);
    float[] turned = new float[weight.length];
    for (int i = 0; i < out; i++) {
      for (int j = 0; j < in; j++) {
        turned[j * out + i] = weight[i * in + j];
      }
    }
    String matrix = initialiser(OnnxWriter.floats(fresh(), turned, in, out));
    String product = op("MatMul", name, List.of(input, matrix));
    return op("Add", name + ".bias", List.of(row(name + ".bias", out), product));
  }

  private String norm(String name, String input) {
    String weight = row(name + ".weight", dim);
    String bias = row(name + ".bias", dim);
    if (fused) {
      return op(
          "LayerNormalization",
          name,
          List.of(input, weight, bias),
          OnnxWriter.real("epsilon", 1e-5f));
    }
    byte[] rows = OnnxWriter.wholes("axes", -1);
    String mean = op("ReduceMean", name + ".mean", List.of(input), rows);
    String centred = op("Sub", name + ".centre", List.of(input, mean));
    String square = op("Pow", name + ".square", List.of(centred, number(2)));
    String variance = op("ReduceMean", name + ".variance", List.of(square), rows);
    String padded = op("Add", name + ".epsilon", List.of(variance, number(1e-5f)));
    String deviation = op("Sqrt", name + ".deviation", List.of(padded));
    String normal = op("Div", name + ".divide", List.of(centred, deviation));
    String scaled = op("Mul", name + ".scale", List.of(normal, weight));
    return op("Add", name, List.of(scaled, bias));
  }

  String matrix(String name, int rows, int columns) {
    float[] values = numbers(rows * columns);
    weights.put(name, values);
    return initialiser(OnnxWriter.floats(fresh(), values, rows, columns));
  }

  private String row(String name, int count) {
    float[] values = numbers(count);
    weights.put(name, values);
    return initialiser(OnnxWriter.floats(fresh(), values, count));
  }

  String number(float value) {
    return initialiser(OnnxWriter.floats(fresh(), new float[] {value}));
  }

  private String constant(long... values) {
    return initialiser(OnnxWriter.longs(fresh(), values, values.length));
  }

  private String op(String type, String name, List<String> from, byte[]... attributes) {
    String to = fresh();
    add(type, name, from, to, attributes);
    return to;
  }

  private void add(String type, String name, List<String> from, String to, byte[]... attributes) {
    steps.add(new Step(type, name, from, to, List.of(attributes)));
  }

  private String initialiser(byte[] tensor) {
    writer.initialiser(tensor);
    return Integer.toString(names);
  }

  private String fresh() {
    return Integer.toString(++names);
  }

  private float[] numbers(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static long[] range(int count) {
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    return values;
  }
}
