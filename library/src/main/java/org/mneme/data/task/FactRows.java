package org.mneme.data.task;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.mneme.data.CausalBatch;
import org.mneme.data.LengthBatches;
import org.mneme.data.TokenBatch;
import org.mneme.data.TokenLine;
import org.mneme.text.Encoding;
import org.mneme.text.Tokenizer;

/// Facts as rows of tokens, all in memory, a row each. Immutable.
public final class FactRows {
  private final List<FactExample> facts;
  private final List<Row> rows;
  private final int padId;

  private FactRows(List<FactExample> facts, List<Row> rows, int padId) {
    this.facts = List.copyOf(facts);
    this.rows = List.copyOf(rows);
    this.padId = padId;
  }

  /// The tokens of a fact.
  ///
  /// @param answer the place of the first token that is to be guessed, at least 1
  /// @param ended whether the last token is the one that ends texts
  private record Row(int[] ids, int answer, boolean ended) {}

  /// What a fact's tokens are to be guessed for.
  public enum Asked {
    /// Learning: the answer, and then the end of the text.
    TO_LEARN,
    /// A score: the answer alone, as its end is the same for all.
    TO_SCORE
  }

  /// Rows of `facts`, the rest of longer ones left out. The answer begins with the first token that
  /// has a character of it; a line by itself with its second token. Facts without any token to
  /// guess are left out.
  ///
  /// @param maxLength tokens of a row, at least 2
  public static FactRows of(Tokenizer tokenizer, List<FactExample> facts, int maxLength) {
    OptionalInt end = tokenizer.specialTokens().eos();
    List<FactExample> kept = new ArrayList<>();
    List<Row> rows = new ArrayList<>();
    for (FactExample fact : facts) {
      Row row = row(tokenizer, fact, end, maxLength);
      if (row.ids.length > row.answer) {
        kept.add(fact);
        rows.add(row);
      }
    }
    return new FactRows(kept, rows, tokenizer.padId());
  }

  private static Row row(Tokenizer tokenizer, FactExample fact, OptionalInt end, int maxLength) {
    Encoding encoding = tokenizer.encode(fact.text());
    int[] ids = encoding.ids();
    int[] ends = encoding.charOffsets(fact.text()).ends();
    int answer = 1;
    int before = fact.start().stripTrailing().length();
    while (answer < ids.length && ends[answer] <= before) {
      answer++;
    }
    boolean fits = ids.length < maxLength;
    boolean ended = ids.length > 0 && end.isPresent() && ids[ids.length - 1] == end.getAsInt();
    if (fits && end.isPresent() && !ended) {
      ids = Arrays.copyOf(ids, ids.length + 1);
      ids[ids.length - 1] = end.getAsInt();
      ended = true;
    }
    return ids.length > maxLength
        ? new Row(Arrays.copyOf(ids, maxLength), answer, false)
        : new Row(ids, answer, ended);
  }

  /// How many there are.
  public int size() {
    return rows.size();
  }

  /// The fact of a row.
  public FactExample fact(int row) {
    return facts.get(row);
  }

  /// How many tokens a row has.
  public int length(int row) {
    return rows.get(row).ids.length;
  }

  /// How many tokens each row has.
  int[] lengths() {
    return rows.stream().mapToInt(row -> row.ids.length).toArray();
  }

  /// All rows once, those of like length together: for evaluation.
  ///
  /// @param tokens of a batch, padding included, unless a single row is longer
  public List<int[]> byLength(int tokens) {
    return LengthBatches.of(lengths(), tokens);
  }

  /// The tokens of a row.
  public int[] ids(int row) {
    return rows.get(row).ids.clone();
  }

  /// Some rows under each other, with what is to be guessed.
  public CausalBatch batch(int[] chosen, Asked asked) {
    TokenBatch tokens =
        TokenBatch.of(Arrays.stream(chosen).mapToObj(row -> rows.get(row).ids).toList(), padId);
    long[] targets = new long[tokens.inputIds().length];
    Arrays.fill(targets, TokenLine.NO_TARGET);
    for (int i = 0; i < chosen.length; i++) {
      Row row = rows.get(chosen[i]);
      int end = row.ids.length - (row.ended && asked == Asked.TO_SCORE ? 1 : 0);
      for (int place = row.answer; place < end; place++) {
        targets[i * tokens.time() + place - 1] = row.ids[place];
      }
    }
    return new CausalBatch(
        tokens.batch(),
        tokens.time(),
        tokens.inputIds(),
        tokens.attentionMask(),
        targets,
        new boolean[targets.length],
        tokens.padded(),
        false);
  }
}
