package org.mneme.checkpoint.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The embeddings of a BERT: rows for words, positions and token types, summed and normalised.
///
/// @param words `[vocabulary, dim]`
/// @param positions `[positions, dim]`
/// @param types `[types, dim]`; one row of zeros where the graph adds none
record BertEmbeddings(OnnxWeight words, OnnxWeight positions, OnnxWeight types, LayerNorm norm) {

  private static final String TOKEN_IDS = "input_ids";

  /// Reads them off the one sum that takes rows of a table by the token ids.
  static BertEmbeddings read(EncoderGraph encoder) {
    return new Reader(encoder).read();
  }

  private static final class Reader {
    private final EncoderGraph encoder;
    private final Dataflow flow;
    private final Map<OnnxNode, OnnxWeight.Stored> unclear = new LinkedHashMap<>();
    private Optional<OnnxWeight> positions = Optional.empty();
    private Optional<OnnxWeight> types = Optional.empty();

    Reader(EncoderGraph encoder) {
      this.encoder = encoder;
      this.flow = encoder.flow();
    }

    BertEmbeddings read() {
      OnnxNode lookup = wordLookup();
      OnnxWeight.Stored words = table(lookup).orElseThrow();
      long dim = words.shape().get(1);
      String rows = flow.canonical(lookup.output());
      LayerNorm norm =
          encoder.norms().stream()
              .filter(found -> flow.addends(found.input(), Set.of()).contains(rows))
              .findFirst()
              .orElseThrow(() ->
                  encoder.mismatch(
                      lookup,
                      "expected the word embeddings to be summed with those of positions and"
                          + " token types and then normalised"));
      List<String> others = new ArrayList<>(flow.addends(norm.input(), Set.of()));
      others.remove(rows);
      for (String other : others) {
        addend(other, dim);
      }
      takeUnclear();
      OnnxWeight ordered =
          positions.orElseThrow(() ->
              encoder.mismatch(
                  norm.node(), "expected position embeddings in the sum that it normalises"));
      return new BertEmbeddings(
          words, ordered, types.orElse(new OnnxWeight.Filled(0, List.of(1L, dim))), norm);
    }

    /// The lookup by token ids: by the input of that name or, where no input has it, in the largest
    /// table.
    private OnnxNode wordLookup() {
      boolean named = isInput(TOKEN_IDS);
      return encoder.graph().nodes().stream()
          .filter(node -> table(node).isPresent())
          .filter(
              node -> named ? flow.input(node, 1).equals(TOKEN_IDS) : isInput(flow.input(node, 1)))
          .max(Comparator.comparingLong(this::rows))
          .orElseThrow(() ->
              encoder.mismatch(
                  "no Gather node takes rows of an embedding table by the token ids, "
                      + TOKEN_IDS
                      + " (its inputs are "
                      + encoder.graph().inputs().stream().map(OnnxValue::name).toList()
                      + ")"));
    }

    private boolean isInput(String value) {
      return encoder.graph().inputs().stream().anyMatch(input -> input.name().equals(value));
    }

    private long rows(OnnxNode lookup) {
      return table(lookup).orElseThrow().shape().getFirst();
    }

    /// The constant matrix of which `node` takes rows.
    private Optional<OnnxWeight.Stored> table(OnnxNode node) {
      return node.is("Gather") && node.whole("axis", 0) == 0
          ? flow.constant(node.input(0)).filter(found -> found.shape().size() == 2)
          : Optional.empty();
    }

    private void addend(String value, long dim) {
      Optional<OnnxNode> lookup = flow.producer(value).filter(node -> table(node).isPresent());
      OnnxWeight.Stored rows =
          lookup
              .flatMap(this::table)
              .or(() -> folded(value, dim))
              .filter(found -> found.shape().size() == 2 && found.shape().get(1) == dim)
              .orElseThrow(() ->
                  encoder.mismatch(
                      value,
                      "expected rows of a table with "
                          + dim
                          + " columns as a part of the"
                          + " embeddings"));
      if (lookup.isEmpty()) {
        boolean same = allRowsEqual(rows);
        take(value, same ? rows.as(1, dim) : rows, !same);
        return;
      }
      Optional<Boolean> ordered = byPosition(lookup.get());
      if (ordered.isPresent()) {
        take(value, rows, ordered.get());
      } else {
        unclear.put(lookup.get(), rows);
      }
    }

    private void take(String value, OnnxWeight rows, boolean ordered) {
      if (ordered ? positions.isPresent() : types.isPresent()) {
        throw encoder.mismatch(
            value,
            "expected one table of "
                + (ordered ? "positions" : "token types")
                + " in the sum of the embeddings, found a second");
      }
      if (ordered) {
        positions = Optional.of(rows);
      } else {
        types = Optional.of(rows);
      }
    }

    /// Tables whose indices could not be computed: there are more positions than token types.
    private void takeUnclear() {
      unclear.entrySet().stream()
          .sorted(Comparator.comparingLong(table -> -table.getValue().shape().getFirst()))
          .forEach(table -> take(table.getKey().output(), table.getValue(), positions.isEmpty()));
    }

    /// Whether a table is read by position, by 0, 1, 2, ... for every sequence, and not by the
    /// tokens' types; empty where the indices cannot be computed.
    private Optional<Boolean> byPosition(OnnxNode lookup) {
      String index = flow.input(lookup, 1);
      if (isInput(index)) {
        return Optional.of(index.contains("position"));
      }
      Optional<double[]> numbers = encoder.probe().value(index).flatMap(ProbeValue::elements);
      long tokens = encoder.probe().dims(index).map(d -> d.rank() == 0 ? 1 : d.size(-1)).orElse(0L);
      if (numbers.isPresent() && numbers.get().length > 0) {
        boolean zeros = true;
        boolean counts = true;
        for (int i = 0; i < numbers.get().length; i++) {
          zeros &= numbers.get()[i] == 0;
          counts &= numbers.get()[i] == i % tokens;
        }
        if (zeros || counts) {
          return Optional.of(!zeros);
        }
        throw encoder.mismatch(
            lookup,
            "expected positions counted from 0, or token types that are all 0; found indices"
                + " starting with "
                + (long) numbers.get()[0]);
      }
      boolean fromTokens =
          encoder.graph().inputs().stream()
              .anyMatch(input -> flow.derivedFrom(input.name()).contains(index));
      if (fromTokens) {
        throw encoder.mismatch(
            lookup,
            "expected positions counted from 0; they are computed from the tokens, as RoBERTa"
                + " does");
      }
      return Optional.empty();
    }

    /// The table behind a value without a lookup: sliced, or computed by the exporter for a fixed
    /// length.
    private Optional<OnnxWeight.Stored> folded(String value, long dim) {
      String at = value;
      while (flow.constant(at).isEmpty()) {
        Optional<OnnxNode> node =
            flow.producer(at).filter(found -> found.is("Expand") || keepsRows(found));
        if (node.isEmpty()) {
          return Optional.empty();
        }
        at = flow.input(node.get(), 0);
      }
      return flow.constant(at)
          .filter(found -> !found.shape().isEmpty() && found.shape().getLast() == dim && dim > 0)
          .filter(found -> !found.transposed())
          .map(found -> found.as(found.count() / dim, dim));
    }

    private boolean keepsRows(OnnxNode node) {
      if (!node.is("Slice")) {
        return node.is("Unsqueeze") || node.is("Squeeze") || node.is("Reshape");
      }
      Optional<List<Long>> setting = node.wholes("starts");
      boolean fromFirst =
          setting.isPresent()
              ? setting.get().stream().allMatch(start -> start == 0)
              : encoder
                  .probe()
                  .value(node.input(1))
                  .flatMap(ProbeValue::elements)
                  .filter(starts -> Arrays.stream(starts).allMatch(start -> start == 0))
                  .isPresent();
      if (!fromFirst) {
        throw encoder.mismatch(node, "expected a part of the embeddings that starts at row 0");
      }
      return true;
    }

    private static boolean allRowsEqual(OnnxWeight.Stored rows) {
      long dim = rows.shape().get(1);
      for (long i = dim; i < rows.count(); i++) {
        if (rows.source().element(i) != rows.source().element(i - dim)) {
          return false;
        }
      }
      return true;
    }
  }
}
