package org.mneme.data;

import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.mneme.InvalidInputException;
import org.mneme.tensor.KeptRows;
import org.mneme.text.Tokenizer;

/// Makes exercises for a masked language model (Devlin et al., BERT, 2018): chooses tokens to be
/// guessed and hides most of them.
///
/// Added tokens and tokens marked special are never chosen, nor drawn as replacement. Out of `n`
/// tokens that can be chosen, `n * probability` are, where the fraction decides by chance about one
/// more, and at least one. The same seed gives the same exercise. Immutable.
public final class Masker {
  private static final int LONGEST_SPAN = 10;

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
                new InvalidInputException(
                    InvalidInputException.Kind.DATA,
                    tokenizer.file().toString(),
                    tokenizer.file()
                        + ": the tokenizer has no mask token; add one, or name it as mask_token"
                        + " in tokenizer_config.json"));
    return new Masker(settings, mask, tokenizer.vocabulary().ordinaryIds());
  }

  /// The same with these tokens alone: no other is chosen or drawn.
  public Masker within(KeptRows tokens) {
    return new Masker(
        settings, maskId, Arrays.stream(ordinaryIds).filter(tokens::contains).toArray());
  }

  /// The exercise that `seed` makes of a line.
  ///
  /// @param ids the line's tokens
  /// @param words the word of each token, -1 for added tokens
  public MaskedLine mask(int[] ids, int[] words, long seed) {
    var random = new SplittableRandom(seed);
    int[] maskable =
        IntStream.range(0, ids.length).filter(i -> words[i] >= 0 && ordinary.get(ids[i])).toArray();
    int[] inputs = ids.clone();
    int[] positions =
        switch (settings.unit()) {
          case TOKEN -> units(maskable, allOf(maskable), random);
          case WHOLE_WORD -> units(maskable, wordStarts(maskable, words), random);
          case SPAN -> spans(maskable, wordStarts(maskable, words), inputs, random);
        };
    if (settings.unit() != Masking.Unit.SPAN) {
      for (int position : positions) {
        hide(inputs, position, random.nextDouble(), random);
      }
    }
    int[] labels = Arrays.stream(positions).map(position -> ids[position]).toArray();
    return new MaskedLine(inputs, positions, labels);
  }

  private void hide(int[] inputs, int position, double draw, SplittableRandom random) {
    if (draw < settings.maskShare()) {
      inputs[position] = maskId;
    } else if (draw < settings.maskShare() + settings.randomShare()) {
      inputs[position] = ordinaryIds[random.nextInt(ordinaryIds.length)];
    }
  }

  /// Tokens or words, all as likely: the positions to be guessed, ascending.
  ///
  /// @param maskable positions that can be chosen
  /// @param starts where in `maskable` a unit begins
  private int[] units(int[] maskable, int[] starts, SplittableRandom random) {
    int[] units = IntStream.range(0, starts.length).toArray();
    int count = count(units.length, random);
    BitSet chosen = new BitSet();
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

  /// Spans of words until the share of tokens is reached; the last span is cut short. Hides them in
  /// `inputs` and returns their positions, ascending.
  private int[] spans(int[] maskable, int[] starts, int[] inputs, SplittableRandom random) {
    int wanted = count(maskable.length, random);
    BitSet chosen = new BitSet(); // places in maskable
    int count = 0;
    while (count < wanted) {
      int word = random.nextInt(starts.length);
      int last = Math.min(starts.length, word + spanLength(random));
      double draw = random.nextDouble();
      int end = last < starts.length ? starts[last] : maskable.length;
      for (int at = starts[word]; at < end && count < wanted && !chosen.get(at); at++) {
        chosen.set(at);
        hide(inputs, maskable[at], draw, random);
        count++;
      }
    }
    return chosen.stream().map(at -> maskable[at]).toArray();
  }

  /// A geometric number of words, from 1 to [#LONGEST_SPAN].
  private int spanLength(SplittableRandom random) {
    double goOn = 1 - 1 / settings.spanLength();
    if (goOn == 0) {
      return 1;
    }
    double within = 1 - Math.pow(goOn, LONGEST_SPAN);
    double draw = random.nextDouble() * within;
    int length = 1 + (int) (Math.log1p(-draw) / Math.log(goOn));
    return Math.min(LONGEST_SPAN, length);
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
