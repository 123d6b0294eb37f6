package org.mneme.checkpoint.onnx;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.mneme.model.Pooling;

/// What a graph does with the last hidden states: hands them out, and perhaps pools them.
///
/// @param pooler BERT's own dense layer over the first token, where the graph holds it
/// @param pooling how a sentence embedding is made, where the graph makes one
/// @param normalises whether that embedding is divided by its length
record EncoderTail(Optional<Dense> pooler, Optional<Pooling> pooling, boolean normalises) {
  private static final Set<String> PRODUCTS =
      Set.of("MatMul", "Gemm", "Conv", "Einsum", "Attention", "LayerNormalization", "Softmax");

  /// A value with one row for all tokens.
  ///
  /// @param layered whether a layer of its own was applied to the row
  private record Pooled(Pooling pooling, boolean normalises, boolean layered) {
    Pooled through(OnnxNode node) {
      boolean divides = node.is("ReduceL2") || node.is("LpNormalization");
      return new Pooled(
          pooling, normalises || divides, layered || PRODUCTS.contains(node.opType()));
    }

    Pooled with(Pooled other) {
      return new Pooled(pooling, normalises || other.normalises, layered || other.layered);
    }
  }

  /// Reads what follows `hidden`.
  ///
  /// @throws org.mneme.InvalidInputException where every token goes on into further layers
  static EncoderTail read(String hidden, EncoderGraph encoder) {
    Dataflow flow = encoder.flow();
    Set<String> perToken = new HashSet<>(Set.of(hidden));
    Map<String, Pooled> pooled = new HashMap<>();
    Optional<Dense> pooler = Optional.empty();
    for (OnnxNode node : encoder.graph().nodes()) {
      List<String> inputs = node.inputs().stream().map(flow::canonical).toList();
      Optional<Pooled> row =
          inputs.stream()
              .flatMap(input -> Stream.ofNullable(pooled.get(input)))
              .reduce(Pooled::with);
      if (Dataflow.readsSizes(node)) {
        continue;
      }
      if (inputs.stream().anyMatch(perToken::contains)) {
        Optional<Pooling> pooling = pools(node, encoder);
        if (pooling.isPresent()) {
          pooled.put(node.output(), new Pooled(pooling.get(), false, false));
        } else if (PRODUCTS.contains(node.opType())) {
          throw encoder.mismatch(
              node,
              "expected the layers to end here, or a layer of attention and feed-forward block"
                  + " with a normalised residual after each");
        } else {
          perToken.addAll(node.outputs());
        }
      } else if (row.isPresent()) {
        pooled.put(node.output(), row.get().through(node));
        if (node.is("Tanh") && pooler.isEmpty()) {
          pooler = flow.dense(node.input(0));
        }
      }
    }
    Optional<Pooled> embedding =
        flow.outputs().stream()
            .flatMap(output -> Stream.ofNullable(pooled.get(output)))
            .filter(found -> !found.layered())
            .findFirst();
    return new EncoderTail(
        pooler.filter(dense -> dense.in() == dense.out()),
        embedding.map(Pooled::pooling),
        embedding.map(Pooled::normalises).orElse(false));
  }

  /// How `node` makes one row out of all tokens, absent where it does not.
  private static Optional<Pooling> pools(OnnxNode node, EncoderGraph encoder) {
    if (node.is("ReduceSum") || node.is("ReduceMean")) {
      List<Long> tokens = List.of(1L);
      boolean overTokens =
          node.wholes("axes")
              .or(() ->
                  encoder
                      .probe()
                      .value(node.input(1))
                      .flatMap(ProbeValue::longs)
                      .map(axes -> Arrays.stream(axes).boxed().toList()))
              .filter(tokens::equals)
              .isPresent();
      return overTokens ? Optional.of(Pooling.MEAN) : Optional.empty();
    }
    boolean selects = node.is("Gather") || node.is("Slice");
    Optional<Dims> dims = encoder.probe().dims(node.output());
    boolean one =
        dims.filter(found -> found.rank() == 2 || (found.rank() == 3 && found.size(1) == 1))
            .isPresent();
    return selects && one ? Optional.of(Pooling.CLS) : Optional.empty();
  }
}
