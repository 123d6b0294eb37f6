package org.mneme.checkpoint.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The self-attention of one layer: three dense layers of the hidden states, told apart by what
/// becomes of them. The query is the left factor of the product that goes into the softmax, the key
/// the right one, and the value is what the softmax is multiplied with.
record SelfAttention(Dense query, Dense key, Dense value, long heads) {
  private static final Set<String> LAYOUT =
      Set.of("Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten");
  private static final Set<String> SCALING = with(LAYOUT, "Mul", "Div");
  private static final Set<String> MASKING = with(SCALING, "Add", "Where");
  private static final Set<String> GUARDING = with(LAYOUT, "Where");

  /// Masks hold zeros and numbers below this.
  private static final double MASKED = -1000;

  /// Reads the attention over `hidden` whose result, before the output layer, is `context`.
  static SelfAttention read(String context, String hidden, EncoderGraph encoder) {
    return new Reader(hidden, encoder).read(context);
  }

  private static Set<String> with(Set<String> types, String... more) {
    Set<String> all = new LinkedHashSet<>(types);
    all.addAll(List.of(more));
    return all;
  }

  /// A value on the way back from the output to the hidden states.
  ///
  /// @param factor by which the numbers were multiplied on the way, NaN where it is not known
  private record Way(String value, double factor) {
    static Way at(String value) {
      return new Way(value, 1);
    }
  }

  private static final class Reader {
    private final String hidden;
    private final EncoderGraph encoder;
    private final Dataflow flow;
    private final Set<String> derived;

    Reader(String hidden, EncoderGraph encoder) {
      this.hidden = hidden;
      this.encoder = encoder;
      this.flow = encoder.flow();
      this.derived = flow.derivedFrom(hidden);
    }

    SelfAttention read(String context) {
      Way product =
          back(
              Way.at(context),
              LAYOUT,
              node -> joins(node) || node.opType().equals("Attention"),
              "the product of attention weights and values");
      OnnxNode node = flow.producer(product.value()).orElseThrow();
      if (node.is("Attention")) {
        return fused(node);
      }
      requireProduct(node);
      Way softmax =
          back(Way.at(flow.input(node, 0)), GUARDING, found -> found.is("Softmax"), "a softmax");
      OnnxNode weights = flow.producer(softmax.value()).orElseThrow();
      requireLastAxis(weights);
      Way scores =
          back(
              Way.at(flow.input(weights, 0)),
              MASKING,
              this::joins,
              "the product of queries and keys");
      OnnxNode score = flow.producer(scores.value()).orElseThrow();
      requireProduct(score);
      return build(
          score,
          Way.at(flow.input(score, 0)),
          Way.at(flow.input(score, 1)),
          Way.at(flow.input(node, 1)),
          scores.factor(),
          0);
    }

    /// One node of ONNX's operator set 23.
    private SelfAttention fused(OnnxNode node) {
      if (node.whole("is_causal", 0) != 0 || node.real("softcap", 0) != 0) {
        throw encoder.mismatch(node, "expected attention in both directions, without a soft cap");
      }
      checkMask(node, node.input(3));
      long heads = node.whole("q_num_heads", 0);
      Way query = Way.at(flow.input(node, 0));
      double factor =
          node.attributes().containsKey("scale")
              ? node.real("scale", 1)
              : 1 / Math.sqrt((double) headDim(query.value(), heads, node));
      return build(
          node, query, Way.at(flow.input(node, 1)), Way.at(flow.input(node, 2)), factor, heads);
    }

    private SelfAttention build(
        OnnxNode score, Way query, Way key, Way value, double factor, long askedHeads) {
      Way queryEnd = toDense(query, "query");
      Way keyEnd = toDense(key, "key");
      Way valueEnd = toDense(value, "value");
      Dense queryLayer = flow.dense(queryEnd.value()).orElseThrow();
      long headDim = headDim(query.value(), askedHeads, score);
      if (headDim < 1 || queryLayer.out() % headDim != 0) {
        throw encoder.mismatch(
            score,
            "expected heads of one size; %d columns do not divide by %d"
                .formatted(queryLayer.out(), headDim));
      }
      for (Way way : List.of(queryEnd, keyEnd, valueEnd)) {
        requireSplit(way.value(), askedHeads == 0 ? headDim : queryLayer.out());
      }
      double scale = factor * queryEnd.factor() * keyEnd.factor();
      double expected = 1 / Math.sqrt((double) headDim);
      if ((!Double.isNaN(scale) && Math.abs(scale - expected) > 1e-3 * expected)
          || valueEnd.factor() != 1) {
        throw encoder.mismatch(
            score,
            "expected scores divided by the root of the head size %d, found them multiplied by %s"
                .formatted(headDim, scale));
      }
      return new SelfAttention(
          queryLayer,
          flow.dense(keyEnd.value()).orElseThrow(),
          flow.dense(valueEnd.value()).orElseThrow(),
          queryLayer.out() / headDim);
    }

    /// A head's columns stand together in the weights: the split leaves them to the last axis.
    private void requireSplit(String split, long columns) {
      Optional<Long> last =
          encoder.probe().dims(split).filter(dims -> dims.rank() > 0).map(dims -> dims.size(-1));
      if (last.filter(found -> found != columns).isPresent()) {
        throw encoder.mismatch(
            split, "expected heads of " + columns + " columns, found " + last.get());
      }
    }

    private long headDim(String query, long heads, OnnxNode node) {
      Optional<Dims> dims = encoder.probe().dims(query).filter(found -> found.rank() >= 3);
      if (dims.isEmpty()) {
        throw encoder.mismatch(node, "the size of its heads cannot be told from the graph");
      }
      return heads > 0 ? dims.get().size(-1) / heads : dims.get().size(-1);
    }

    private Way toDense(Way from, String role) {
      Way way = back(from, SCALING, node -> false, "the dense layer of the " + role);
      Dense dense = flow.dense(way.value()).orElseThrow();
      if (!flow.beforeReshape(dense.input()).equals(hidden)) {
        throw encoder.mismatch(
            dense.node(), "expected the " + role + " to be computed from the layer's input");
      }
      return way;
    }

    private interface Stop {
      boolean at(OnnxNode node);
    }

    /// Goes back through nodes of the types `through`, along the one input that depends on the
    /// hidden states, to a node at which to stop or to the output of a dense layer.
    private Way back(Way from, Set<String> through, Stop stop, String expected) {
      double factor = from.factor();
      String at = flow.canonical(from.value());
      while (true) {
        Optional<OnnxNode> node = flow.producer(at);
        if (node.isEmpty() || at.equals(hidden)) {
          throw encoder.mismatch(at, "expected " + expected + " before the layer's input");
        }
        boolean wantsDense = through.equals(SCALING);
        if (stop.at(node.get()) || (wantsDense && flow.dense(at).isPresent())) {
          return new Way(at, factor);
        }
        List<Integer> ways = waysBack(node.get());
        if (ways.size() != 1 || !through.contains(node.get().opType())) {
          throw encoder.mismatch(node.get(), "expected " + expected);
        }
        int data = ways.getFirst();
        factor *= factor(node.get(), data);
        if (node.get().is("Add") || node.get().is("Where")) {
          for (int other = 0; other < node.get().inputs().size(); other++) {
            if (other != data && !(other == 0 && node.get().is("Where"))) {
              checkMask(node.get(), node.get().input(other));
            }
          }
        }
        at = flow.input(node.get(), data);
      }
    }

    /// The inputs that depend on the hidden states; a condition only chooses.
    private List<Integer> waysBack(OnnxNode node) {
      List<Integer> ways = new ArrayList<>();
      Set<String> seen = new LinkedHashSet<>();
      for (int i = node.is("Where") ? 1 : 0; i < node.inputs().size(); i++) {
        String input = flow.input(node, i);
        if (derived.contains(input) && seen.add(input)) {
          ways.add(i);
        }
      }
      return ways;
    }

    private boolean joins(OnnxNode node) {
      return waysBack(node).size() > 1;
    }

    private void requireProduct(OnnxNode node) {
      if (!node.is("MatMul")) {
        throw encoder.mismatch(node, "expected a product of two values of the layer");
      }
      Optional<Dims> left = encoder.probe().dims(node.input(0));
      Optional<Dims> right = encoder.probe().dims(node.input(1));
      if (left.isPresent() && right.isPresent() && encoder.probe().dims(node.output()).isEmpty()) {
        throw encoder.mismatch(
            node,
            "expected factors that fit, found sizes %s and %s".formatted(left.get(), right.get()));
      }
    }

    private void requireLastAxis(OnnxNode softmax) {
      long before13 = encoder.graph().opset() < 13 ? 1 : -1;
      long axis = softmax.whole("axis", before13);
      Optional<Integer> rank = encoder.probe().dims(softmax.input(0)).map(Dims::rank);
      if (axis != -1 && rank.filter(found -> found != axis + 1).isPresent()) {
        throw encoder.mismatch(softmax, "expected a softmax over the last axis");
      }
    }

    private double factor(OnnxNode node, int data) {
      if (!node.is("Mul") && !node.is("Div")) {
        return 1;
      }
      Optional<Double> other =
          encoder.probe().value(node.input(1 - data)).flatMap(ProbeValue::number);
      if (node.is("Div") && data == 1) {
        throw encoder.mismatch(
            node, "expected the values of the layer to be divided, not to divide");
      }
      return other.map(number -> node.is("Mul") ? number : 1 / number).orElse(Double.NaN);
    }

    /// A mask shuts tokens out; a learned bias would be lost, so it is an error.
    private void checkMask(OnnxNode node, String mask) {
      Set<String> seen = new LinkedHashSet<>();
      List<String> open = new ArrayList<>(List.of(flow.canonical(mask)));
      while (!open.isEmpty()) {
        String at = open.removeLast();
        Optional<OnnxNode> maker = flow.producer(at);
        if (!seen.add(at) || maker.isEmpty() || Dataflow.readsSizes(maker.get())) {
          continue;
        }
        boolean looksUp =
            maker.get().is("Gather")
                && flow.constant(maker.get().input(0))
                    .filter(table -> table.shape().size() > 1)
                    .isPresent();
        if (looksUp) {
          throw encoder.mismatch(
              maker.get(), "expected no learned bias on the scores, as relative positions have");
        }
        maker.get().inputs().forEach(input -> open.add(flow.canonical(input)));
      }
      boolean hides =
          encoder
              .probe()
              .value(mask)
              .flatMap(ProbeValue::elements)
              .filter(numbers -> Arrays.stream(numbers).anyMatch(x -> x < MASKED))
              .isPresent();
      if (hides) {
        throw encoder.mismatch(
            node, "expected every token to see all others; the graph hides some (causal mask)");
      }
      Optional<OnnxWeight.Stored> constant = flow.constant(mask).filter(c -> c.count() > 1);
      for (long i = 0; constant.isPresent() && i < constant.get().count(); i++) {
        double number = constant.get().source().element(i);
        if (number != 0 && !(number < MASKED)) {
          throw encoder.mismatch(
              node, "expected a mask of zeros and large negative numbers, found " + number);
        }
      }
    }
  }
}
