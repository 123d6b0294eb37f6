package org.mneme.checkpoint.onnx;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// What a graph does with the last hidden states: hands them out, and perhaps pools them.
///
/// @param pooler BERT's own dense layer over the first token, where the graph holds it
/// @param pooling how a sentence embedding is made, where the graph makes one
/// @param normalises whether that embedding is divided by its length
record EncoderTail(Optional<Dense> pooler, Optional<Pooling> pooling, boolean normalises) {
  private static final Set<String> PRODUCTS =
      Set.of("MatMul", "Gemm", "Conv", "Einsum", "Attention", "LayerNormalization", "Softmax");

  /// Reads what follows `hidden`.
  ///
  /// @throws org.mneme.InvalidInputException where every token goes on into further layers
  static EncoderTail read(String hidden, EncoderGraph encoder) {
    Dataflow flow = encoder.flow();
    Set<String> perToken = new HashSet<>(Set.of(hidden));
    Set<String> pooled = new HashSet<>();
    Optional<Dense> pooler = Optional.empty();
    Optional<Pooling> pooling = Optional.empty();
    boolean normalises = false;
    for (OnnxNode node : encoder.graph().nodes()) {
      if (Dataflow.readsSizes(node) || node.outputs().isEmpty()) {
        continue;
      }
      List<String> inputs = node.inputs().stream().map(flow::canonical).toList();
      if (inputs.stream().anyMatch(perToken::contains)) {
        Optional<Pooling> first = pools(node, encoder);
        if (first.isPresent()) {
          pooling = pooling.or(() -> first);
          pooled.addAll(node.outputs());
        } else if (PRODUCTS.contains(node.opType())) {
          throw encoder.mismatch(
              node,
              "expected the layers to end here, or a layer of attention and feed-forward block"
                  + " with a normalised residual after each");
        } else {
          perToken.addAll(node.outputs());
        }
      } else if (inputs.stream().anyMatch(pooled::contains)) {
        pooled.addAll(node.outputs());
        normalises |= node.is("ReduceL2") || node.is("LpNormalization");
        if (node.is("Tanh")) {
          pooler = pooler.or(() -> flow.dense(node.input(0)));
        }
      }
    }
    boolean embeds = pooler.isEmpty() && flow.outputs().stream().anyMatch(pooled::contains);
    return new EncoderTail(
        pooler.filter(dense -> dense.in() == dense.out()),
        embeds ? pooling : Optional.empty(),
        embeds && normalises);
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
