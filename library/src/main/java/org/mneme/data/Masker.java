package org.mneme.data;

import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.mneme.InvalidInputException;
import org.mneme.text.Tokenizer;

/// Makes exercises for a masked language model (Devlin et al., BERT, 2018): chooses tokens to be
/// guessed and hides most of them.
///
/// Added tokens and tokens marked special are never chosen, nor drawn as replacement. Out of `n`
/// tokens that can be chosen, `n * probability` are, where the fraction decides by chance about one
/// more, and at least one. The same seed gives the same exercise. Immutable.
public final class Masker {
  private final Masking settings;
  private final int maskId;
  private final int[] ordinaryIds;
  private final BitSet ordinary = new BitSet();

  /// @param maskId what hides a token
  /// @param ordinaryIds the ids that are not special: all that are ever chosen or drawn
  public Masker(Masking settings, int maskId, int[] ordinaryIds) {
    this.settings = settings;
    this.maskId = maskId;
    this.ordinaryIds = ordinaryIds.clone();
    Arrays.stream(ordinaryIds).forEach(ordinary::set);
  }

  /// A masker with the mask token and vocabulary of `tokenizer`.
  ///
  /// @throws InvalidInputException when it has no mask token
  public static Masker of(Masking settings, Tokenizer tokenizer) {
    int mask =
        tokenizer
            .specialTokens()
            .mask()
            .orElseThrow(() ->
                TextLines.unusable(
                    tokenizer.file(),
                    tokenizer.file()
                        + ": the tokenizer has no mask token; add one, or name it as mask_token"
                        + " in tokenizer_config.json",
                    null));
    return new Masker(settings, mask, tokenizer.vocabulary().ordinaryIds());
  }

  /// The exercise that `seed` makes of a line.
  ///
  /// @param ids the line's tokens
  /// @param words the word of each token, -1 for added tokens
  public MaskedLine mask(int[] ids, int[] words, long seed) {
    var random = new SplittableRandom(seed);
    int[] positions = targets(ids, words, random);
    int[] inputs = ids.clone();
    for (int position : positions) {
      double draw = random.nextDouble();
      if (draw < settings.maskShare()) {
        inputs[position] = maskId;
      } else if (draw < settings.maskShare() + settings.randomShare()) {
        inputs[position] = ordinaryIds[random.nextInt(ordinaryIds.length)];
      }
    }
    int[] labels = Arrays.stream(positions).map(position -> ids[position]).toArray();
    return new MaskedLine(inputs, positions, labels);
  }

  /// The positions to be guessed, ascending.
  private int[] targets(int[] ids, int[] words, SplittableRandom random) {
    int[] maskable =
        IntStream.range(0, ids.length).filter(i -> words[i] >= 0 && ordinary.get(ids[i])).toArray();
    int[] starts = settings.wholeWord() ? wordStarts(maskable, words) : allOf(maskable);
    int[] units = IntStream.range(0, starts.length).toArray();
    int count = count(units.length, random);
    BitSet chosen = new BitSet(ids.length);
    for (int i = 0; i < count; i++) {
      int other = i + random.nextInt(units.length - i);
      int unit = units[other];
      units[other] = units[i];
      int end = unit + 1 < starts.length ? starts[unit + 1] : maskable.length;
      for (int at = starts[unit]; at < end; at++) {
        chosen.set(maskable[at]);
      }
    }
    return chosen.stream().toArray();
  }

  private int count(int units, SplittableRandom random) {
    double wanted = units * settings.probability();
    int whole = (int) wanted;
    int count = random.nextDouble() < wanted - whole ? whole + 1 : whole;
    return Math.min(units, Math.max(1, count));
  }

  private static int[] allOf(int[] maskable) {
    return IntStream.range(0, maskable.length).toArray();
  }

  /// Where in `maskable` another word begins.
  private static int[] wordStarts(int[] maskable, int[] words) {
    return IntStream.range(0, maskable.length)
        .filter(i -> i == 0 || words[maskable[i]] != words[maskable[i - 1]])
        .toArray();
  }
}
