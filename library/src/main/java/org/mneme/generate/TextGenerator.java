package org.mneme.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.mneme.InvalidInputException;
import org.mneme.model.PreparedDecoder;
import org.mneme.text.SpecialTokens;
import org.mneme.text.Tokenizer;

/// Goes on with texts, token by token, by a causal model. Owns neither model nor tokenizer.
public final class TextGenerator {
  private static final int PIECE = 256; // tokens of a prompt that are read together

  private final PreparedDecoder model;
  private final Tokenizer tokenizer;
  private final BitSet ends;

  /// @param ends ids that end a text
  public TextGenerator(PreparedDecoder model, Tokenizer tokenizer, BitSet ends) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.ends = (BitSet) ends.clone();
  }

  /// When to stop, and how to draw.
  ///
  /// @param mostTokens of each text, at least 1
  /// @param stops a text ends before any of these
  public record Options(int mostTokens, Sampling sampling, List<String> stops) {
    /// Checks ranges.
    public Options {
      stops = List.copyOf(stops);
      if (mostTokens < 1) {
        throw InvalidInputException.config("mostTokens", mostTokens + " must be at least 1");
      }
      if (stops.contains("")) {
        throw InvalidInputException.config("stops", "a stop is empty; leave it out");
      }
    }
  }

  /// Why a text ended.
  public enum Ending {
    /// It, or the model's room, is full.
    LENGTH,
    /// By a token that ends texts.
    END,
    /// By one of [Options#stops].
    STOP;

    /// As in JSON.
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// What was written.
  ///
  /// @param text without the prompt, and without what ended it
  /// @param tokens all that were drawn, the one that ended it included
  public record Generated(String text, int[] tokens, Ending ending) {}

  /// Hears of what is written as soon as it is certain.
  public interface Listener {
    /// A piece of text number `sample`.
    void wrote(int sample, String piece);
  }

  /// One text while it is written.
  private final class Draft {
    private final int sample;
    private final Options options;
    private final Listener listener;
    private final BitSet seen;
    private final List<Integer> tokens = new ArrayList<>();
    private final GrowingText text = new GrowingText(tokenizer);
    private int told;
    private Ending ending = Ending.LENGTH;
    private boolean ended;

    Draft(int sample, Options options, Listener listener, BitSet seen) {
      this.sample = sample;
      this.options = options;
      this.listener = listener;
      this.seen = seen;
    }

    void next(float[] scores) {
      int token = options.sampling.choose(scores, seen, sample, tokens.size());
      tokens.add(token);
      seen.set(token);
      if (ends.get(token)) {
        end(Ending.END);
        return;
      }
      text.add(token);
      int stop =
          options.stops.stream() // none begins in what was told
              .mapToInt(end -> text.indexOf(end, told))
              .filter(i -> i >= 0)
              .min()
              .orElse(-1);
      if (stop >= 0) {
        text.cut(stop);
        end(Ending.STOP);
        return;
      }
      tell(text.certain(options.stops));
      if (tokens.size() == options.mostTokens) {
        end(Ending.LENGTH);
      }
    }

    private void tell(int until) {
      if (until > told) {
        listener.wrote(sample, text.between(told, until));
        told = until;
      }
    }

    void end(Ending how) {
      if (!ended) {
        tell(text.length());
        ending = how;
        ended = true;
      }
    }

    int last() {
      return tokens.getLast();
    }

    Generated done() {
      return new Generated(
          text.toString(), tokens.stream().mapToInt(Integer::intValue).toArray(), ending);
    }
  }

  /// Goes on with `prompt`, as many texts as `state` has rows, all from the same prompt.
  ///
  /// @param state what came before the prompt, empty for nothing; afterwards it has the prompt and
  ///   what was written. Of several texts that end at different times the state is of no use
  public List<Generated> generate(
      String prompt, TextState state, Options options, Listener listener) {
    int[] ids = ids(prompt, state);
    state.see(ids);
    List<Draft> drafts =
        IntStream.range(0, state.rows())
            .mapToObj(sample -> new Draft(sample, options, listener, state.seen(sample)))
            .toList();
    float[][] scores = readPrompt(ids, state);
    while (true) {
      for (int i = 0; i < drafts.size(); i++) {
        if (!drafts.get(i).ended) {
          drafts.get(i).next(scores[i]);
        }
      }
      int[] last = drafts.stream().mapToInt(Draft::last).toArray();
      state.write(last);
      if (drafts.stream().allMatch(draft -> draft.ended)
          || state.model().tokens() >= model.config().maxTokens()) {
        break;
      }
      scores = read(state, state.unread(), 1);
    }
    drafts.forEach(draft -> draft.end(Ending.LENGTH));
    return drafts.stream().map(Draft::done).toList();
  }

  /// A text without tokens begins with the one that begins or ends texts.
  private int[] ids(String prompt, TextState state) {
    boolean first = state.isEmpty();
    int[] ids = first ? tokenizer.encode(prompt).ids() : tokenizer.tokens(prompt).ids();
    if (ids.length > 0) {
      return ids;
    }
    SpecialTokens special = tokenizer.specialTokens();
    if (first && (special.bos().isPresent() || special.eos().isPresent())) {
      return new int[] {special.bos().orElseGet(() -> special.eos().getAsInt())};
    }
    throw new InvalidInputException(
        InvalidInputException.Kind.DATA, "prompt", "the prompt has no tokens; give some text");
  }

  /// Reads what was written last, if the model has not yet, and the prompt behind it.
  private float[][] readPrompt(int[] ids, TextState state) {
    int rows = state.rows();
    int[] unread = state.unread();
    int before = unread.length / rows; // 0 or 1 token of each
    int all = before + ids.length;
    float[][] scores = new float[0][];
    for (int from = 0; from < all; from += PIECE) {
      int time = Math.min(PIECE, all - from);
      int[] piece = new int[rows * time];
      for (int i = 0; i < piece.length; i++) {
        int token = from + i % time;
        piece[i] = token < before ? unread[i / time] : ids[token - before];
      }
      scores = read(state, piece, time);
    }
    return scores;
  }

  /// Scores of the token after `ids`, `[rows, time]`, by row.
  private float[][] read(TextState state, int[] ids, int time) {
    float[][] scores =
        model.scores(state.model(), Arrays.stream(ids).asLongStream().toArray(), ids.length / time);
    state.hasRead();
    return scores;
  }
}
