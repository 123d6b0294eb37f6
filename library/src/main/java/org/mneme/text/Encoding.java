package org.mneme.text;

import java.util.ArrayList;
import java.util.List;

/// One text, or a pair of texts, as tokens. All parts have one entry a token.
///
/// @param ids token ids
/// @param tokens the tokens as the vocabulary writes them (`##ing`, `Ġthe`); an unknown piece may
///   appear as it stands in the text
/// @param typeIds 0 or 1: which text of a pair, where the model tells them apart
/// @param attentionMask 1 for tokens, 0 for padding
/// @param specialTokensMask 1 for tokens that the tokenizer added (`[CLS]`, padding); a `[MASK]`
///   written in the text has 0
/// @param wordIds the word of its text that a token belongs to, from 0; -1 for added tokens
/// @param sequenceIds 0 for the first text, 1 for the second, -1 for added tokens
/// @param offsets the place in the text, in Unicode code points; [#charOffsets] gives `char`s
public record Encoding(
    int[] ids,
    List<String> tokens,
    int[] typeIds,
    int[] attentionMask,
    int[] specialTokensMask,
    int[] wordIds,
    int[] sequenceIds,
    Offsets offsets) {

  /// How many tokens there are, added ones and padding included.
  public int size() {
    return ids.length;
  }

  /// The places of the tokens as `String` indices, so that `text.substring(start, end)` is what the
  /// token stands for; `text` is the text that was encoded.
  public Offsets charOffsets(String text) {
    return charOffsets(text, "");
  }

  /// The same for a pair of texts; each token's place counts from the start of its own text.
  public Offsets charOffsets(String first, String second) {
    int[][] indexes = {Offsets.charIndexes(first), Offsets.charIndexes(second)};
    int[] starts = new int[size()];
    int[] ends = new int[size()];
    for (int i = 0; i < size(); i++) {
      if (sequenceIds[i] >= 0) {
        starts[i] = charIndex(indexes[sequenceIds[i]], offsets.starts()[i]);
        ends[i] = charIndex(indexes[sequenceIds[i]], offsets.ends()[i]);
      }
    }
    return new Offsets(starts, ends);
  }

  private static int charIndex(int[] indexes, int codePoint) {
    if (codePoint >= indexes.length) {
      throw new IllegalArgumentException(
          "a token ends at code point %d, the text has %d: pass the text that was encoded"
              .formatted(codePoint, indexes.length - 1));
    }
    return indexes[codePoint];
  }

  Encoding withOffsets(Offsets other) {
    return new Encoding(
        ids, tokens, typeIds, attentionMask, specialTokensMask, wordIds, sequenceIds, other);
  }

  /// The tokens at `indexes`, in that order; a negative index yields `padding`'s only token.
  Encoding select(int[] indexes, Encoding padding) {
    int[][] parts = new int[8][indexes.length];
    List<String> names = new ArrayList<>(indexes.length);
    for (int i = 0; i < indexes.length; i++) {
      Encoding from = indexes[i] < 0 ? padding : this;
      int at = Math.max(indexes[i], 0);
      names.add(from.tokens.get(at));
      parts[0][i] = from.ids[at];
      parts[1][i] = from.typeIds[at];
      parts[2][i] = from.attentionMask[at];
      parts[3][i] = from.specialTokensMask[at];
      parts[4][i] = from.wordIds[at];
      parts[5][i] = from.sequenceIds[at];
      parts[6][i] = from.offsets.starts()[at];
      parts[7][i] = from.offsets.ends()[at];
    }
    return new Encoding(
        parts[0],
        List.copyOf(names),
        parts[1],
        parts[2],
        parts[3],
        parts[4],
        parts[5],
        new Offsets(parts[6], parts[7]));
  }
}
