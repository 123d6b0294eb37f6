package org.mneme.checkpoint.onnx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import org.mneme.InvalidInputException;

/// Recognises a BERT encoder in a graph and names its weights.
///
/// Follows the hidden states from the embeddings on. Each layer is two sums with what went in, each
/// normalised: of attention over it, then of a feed-forward block. Roles follow from that alone, so
/// depth, width, heads and vocabulary may be any, and so may the names that the exporter chose.
///
/// Paper: Devlin et al. 2018, "BERT: Pre-training of Deep Bidirectional Transformers for Language
/// Understanding".
final class BertOnnxImporter {
  private final EncoderGraph encoder;
  private final Dataflow flow;
  private final SequencedMap<String, OnnxWeight> weights = new LinkedHashMap<>();
  private final List<SelfAttention> attentions = new ArrayList<>();
  private final List<FeedForward> feedForwards = new ArrayList<>();
  private final BertEmbeddings embeddings;
  private final long dim;
  private final double epsilon;

  private BertOnnxImporter(OnnxGraph graph) {
    this.encoder = EncoderGraph.of(graph);
    this.flow = encoder.flow();
    this.embeddings = BertEmbeddings.read(encoder);
    this.dim = embeddings.words().shape().get(1);
    this.epsilon = embeddings.norm().epsilon();
  }

  /// Reads the encoder out of `graph`; its weights are valid until the graph is closed.
  ///
  /// @throws InvalidInputException of kind WEIGHTS that names the node where the graph parts from a
  ///   BERT
  static ImportedBert read(OnnxGraph graph) {
    return new BertOnnxImporter(graph).read();
  }

  private ImportedBert read() {
    weights.put("embeddings.word_embeddings.weight", embeddings.words());
    weights.put("embeddings.position_embeddings.weight", embeddings.positions());
    weights.put("embeddings.token_type_embeddings.weight", embeddings.types());
    put("embeddings.LayerNorm", embeddings.norm());

    String hidden = flow.canonical(embeddings.norm().output()); // [batch, tokens, dim]
    for (Optional<LayerNorm> next = normAfter(hidden); next.isPresent(); ) {
      hidden = layer(hidden, next.get());
      next = normAfter(hidden);
    }
    EncoderTail tail = EncoderTail.read(hidden, encoder);
    if (attentions.isEmpty()) {
      throw encoder.mismatch(
          embeddings.norm().node(), "expected at least one layer after the embeddings");
    }
    tail.pooler().filter(dense -> dense.in() == dim).ifPresent(dense -> put("pooler.dense", dense));
    return new ImportedBert(
        embeddings.words().shape().getFirst(),
        dim,
        attentions.size(),
        attentions.getFirst().heads(),
        feedForwards.getFirst().wide().out(),
        embeddings.positions().shape().getFirst(),
        embeddings.types().shape().getFirst(),
        feedForwards.getFirst().activation(),
        epsilon,
        weights,
        tail);
  }

  /// Reads the layer that starts at `hidden`, whose attention ends in `first`; returns its output.
  private String layer(String hidden, LayerNorm first) {
    String name = "encoder.layer." + attentions.size() + ".";
    Dense projection = residual(hidden, first);
    SelfAttention attention = SelfAttention.read(projection.input(), hidden, encoder);
    put(name + "attention.self.query", attention.query(), dim, dim);
    put(name + "attention.self.key", attention.key(), dim, dim);
    put(name + "attention.self.value", attention.value(), dim, dim);
    put(name + "attention.output.dense", projection, dim, dim);
    put(name + "attention.output.LayerNorm", first);

    String attended = flow.canonical(first.output()); // [batch, tokens, dim]
    LayerNorm second =
        normAfter(attended)
            .orElseThrow(() ->
                encoder.mismatch(
                    first.node(),
                    "expected a feed-forward block with a normalised residual after it"));
    Dense narrow = residual(attended, second);
    FeedForward block = FeedForward.read(narrow.input(), attended, encoder);
    long wide = block.wide().out();
    put(name + "intermediate.dense", block.wide(), dim, wide);
    put(name + "output.dense", narrow, wide, dim);
    put(name + "output.LayerNorm", second);

    attentions.add(attention);
    feedForwards.add(block);
    requireAlike(second.node());
    return flow.canonical(second.output());
  }

  /// All layers of a BERT have the same sizes: one configuration describes them.
  private void requireAlike(OnnxNode end) {
    boolean alike =
        attentions.getLast().heads() == attentions.getFirst().heads()
            && feedForwards.getLast().wide().out() == feedForwards.getFirst().wide().out()
            && feedForwards.getLast().activation().equals(feedForwards.getFirst().activation());
    if (!alike) {
      throw encoder.mismatch(
          end, "expected the heads, width and activation of the first layer in every layer");
    }
  }

  /// The normalisation of a sum in which `hidden` is one part of several.
  private Optional<LayerNorm> normAfter(String hidden) {
    List<LayerNorm> found =
        encoder.norms().stream()
            .filter(norm -> {
              List<String> parts = flow.addends(norm.input(), Set.of(hidden));
              return parts.size() > 1 && parts.contains(hidden);
            })
            .toList();
    if (found.size() > 1) {
      throw encoder.mismatch(
          found.get(1).node(), "expected one normalised residual of each hidden state, found two");
    }
    return found.stream().findFirst();
  }

  /// The dense layer that `norm` normalises together with `hidden`.
  private Dense residual(String hidden, LayerNorm norm) {
    List<String> parts = new ArrayList<>(flow.addends(norm.input(), Set.of(hidden)));
    parts.remove(hidden);
    String branch =
        parts.stream()
            .filter(part -> flow.constant(part).isEmpty())
            .findFirst()
            .orElse(norm.input());
    return flow.dense(parts)
        .orElseThrow(() ->
            encoder.mismatch(
                branch, "expected a dense layer whose output is summed with the residual"));
  }

  private void put(String name, Dense dense, long in, long out) {
    if (dense.in() != in || dense.out() != out) {
      throw encoder.mismatch(
          dense.node(),
          "expected %s to be %d x %d, found %d x %d"
              .formatted(name, out, in, dense.out(), dense.in()));
    }
    put(name, dense);
  }

  private void put(String name, Dense dense) {
    weights.put(name + ".weight", dense.weight());
    weights.put(name + ".bias", dense.bias());
  }

  private void put(String name, LayerNorm norm) {
    if (norm.weight().count() != dim || norm.epsilon() != epsilon) {
      throw encoder.mismatch(
          norm.node(),
          "expected a normalisation of %d columns with epsilon %s, found %d columns and %s"
              .formatted(dim, epsilon, norm.weight().count(), norm.epsilon()));
    }
    weights.put(name + ".weight", norm.weight());
    weights.put(name + ".bias", norm.bias());
  }
}
