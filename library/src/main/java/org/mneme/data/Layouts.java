package org.mneme.data;

import java.util.ArrayList;
import java.util.List;
import org.mneme.InvalidInputException;
import org.mneme.data.BatchesConfig.Layout;
import org.mneme.tensor.Randomness;

/// The rows of a corpus and the plan that deals them into batches, as the settings want it.
record Layouts(TokenLines lines, BatchPlan plan) {

  static Layouts of(List<Corpus.Pool> pools, BatchesConfig config, Frame frame, long seed) {
    int room = frame.room(config.maxLength());
    if (room < 1) {
      throw InvalidInputException.config(
          "data.batches.maxLength",
          "%d leaves no room beside %d added tokens; raise it"
              .formatted(config.maxLength(), config.maxLength() - room));
    }
    if (pools.size() > 1 && config.layout() == Layout.SEGMENTS) {
      throw InvalidInputException.config(
          "data.weight", "layout segments reads one stream; give all sources the same weight");
    }
    List<Layouts> parts = new ArrayList<>();
    for (int i = 0; i < pools.size(); i++) {
      long seedOfPool = pools.size() == 1 ? seed : Randomness.derive(seed, i);
      parts.add(of(pools.get(i).documents(), config, frame, room, seedOfPool));
    }
    double weight = pools.getFirst().weight();
    return parts.size() == 1 && (weight == 1 || config.layout() == Layout.SEGMENTS)
        ? parts.getFirst()
        : mixed(parts, pools, seed);
  }

  private static Layouts of(
      TokenDocuments documents, BatchesConfig config, Frame frame, int room, long seed) {
    TokenStream stream = new TokenStream(documents, frame);
    return switch (config.layout()) {
      case LINES -> byLength(stream, new RowCut.Heads(stream, room), frame, config, seed);
      case DOCUMENTS -> byLength(stream, RowCut.Pieces.of(stream, room), frame, config, seed);
      case PACKED -> {
        boolean crossing = config.crossDocuments();
        RowCut cut = crossing ? new RowCut.Blocks(stream, room) : RowCut.Pieces.of(stream, room);
        TokenLines lines = new StreamLines(stream, cut, frame, crossing);
        yield new Layouts(lines, new EvenBatches(lines, config.rows(), seed, true));
      }
      case SEGMENTS -> {
        RowCut cut = new RowCut.Segments(stream, room, config.rows());
        TokenLines lines = new StreamLines(stream, cut, frame, true);
        yield new Layouts(lines, new EvenBatches(lines, config.rows(), seed, false));
      }
    };
  }

  private static Layouts byLength(
      TokenStream stream, RowCut cut, Frame frame, BatchesConfig config, long seed) {
    TokenLines lines = new StreamLines(stream, cut, frame, false);
    return new Layouts(lines, new LengthBatches(lines.lengths(), config.tokensPerBatch(), seed));
  }

  private static Layouts mixed(List<Layouts> parts, List<Corpus.Pool> pools, long seed) {
    JoinedLines lines = new JoinedLines(parts.stream().map(Layouts::lines).toList());
    int[] firsts = new int[parts.size()];
    for (int i = 0; i < firsts.length; i++) {
      firsts[i] = lines.first(i);
    }
    double[] weights = pools.stream().mapToDouble(Corpus.Pool::weight).toArray();
    List<BatchPlan> plans = parts.stream().map(Layouts::plan).toList();
    return new Layouts(lines, new MixedBatches(plans, firsts, weights, seed));
  }
}
