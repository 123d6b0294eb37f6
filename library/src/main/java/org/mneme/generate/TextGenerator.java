package org.mneme.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.mneme.InvalidInputException;
import org.mneme.model.CausalLanguageModel;
import org.mneme.model.DecodingState;
import org.mneme.tensor.TensorScope;
import org.mneme.tensor.Tensors;
import org.mneme.text.SpecialTokens;
import org.mneme.text.Tokenizer;

/// Goes on with texts, token by token, by a causal model. Owns neither model nor tokenizer.
public final class TextGenerator {
  private static final int PIECE = 256; // tokens of a prompt that are read together
  private static final char UNFINISHED = '\uFFFD'; // where bytes of a character are still to come

  private final CausalLanguageModel model;
  private final Tokenizer tokenizer;
  private final BitSet ends;

  /// @param ends ids that end a text
  public TextGenerator(CausalLanguageModel model, Tokenizer tokenizer, BitSet ends) {
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
    private String text = "";
    private int told;
    private Ending ending = Ending.LENGTH;
    private boolean ended;

    Draft(int sample, Options options, Listener listener, int[] prompt) {
      this.sample = sample;
      this.options = options;
      this.listener = listener;
      seen = new BitSet();
      Arrays.stream(prompt).forEach(seen::set);
    }

    void next(float[] scores) {
      int token = options.sampling.choose(scores, seen, sample, tokens.size());
      tokens.add(token);
      seen.set(token);
      if (ends.get(token)) {
        end(Ending.END);
        return;
      }
      text = tokenizer.decode(ids(), true);
      int stop =
          options.stops.stream().mapToInt(text::indexOf).filter(i -> i >= 0).min().orElse(-1);
      if (stop >= 0) {
        text = text.substring(0, stop);
        end(Ending.STOP);
        return;
      }
      tell(certain());
      if (tokens.size() == options.mostTokens) {
        end(Ending.LENGTH);
      }
    }

    private int[] ids() {
      return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    /// How much of the text stays as it is, whatever comes.
    private int certain() {
      int certain = text.length();
      while (certain > 0 && text.charAt(certain - 1) == UNFINISHED) {
        certain--;
      }
      for (String stop : options.stops) {
        for (int part = Math.min(stop.length() - 1, certain); part > 0; part--) {
          if (text.startsWith(stop.substring(0, part), certain - part)) {
            certain -= part;
            break;
          }
        }
      }
      return certain;
    }

    private void tell(int until) {
      if (until > told) {
        listener.wrote(sample, text.substring(told, until));
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
      return new Generated(text, ids(), ending);
    }
  }

  /// Goes on with `prompt`, as many texts as `state` has rows, all from the same prompt.
  ///
  /// @param state what came before the prompt, empty for nothing; afterwards it has read the prompt
  ///   and what was written, as far as the model has room
  public List<Generated> generate(
      String prompt, DecodingState state, int samples, Options options, Listener listener) {
    int[] ids = ids(prompt, state);
    List<Draft> drafts =
        IntStream.range(0, samples)
            .mapToObj(sample -> new Draft(sample, options, listener, ids))
            .toList();
    try (var unrecorded = new NoGradGuard()) {
      float[][] scores = new float[0][];
      for (int from = 0; from < ids.length; from += PIECE) {
        int[] piece = Arrays.copyOfRange(ids, from, Math.min(ids.length, from + PIECE));
        scores = read(state, repeated(piece, samples), piece.length);
      }
      long room = model.config().maxTokens() - state.tokens();
      while (true) {
        for (int i = 0; i < samples; i++) {
          if (!drafts.get(i).ended) {
            drafts.get(i).next(scores[i]);
          }
        }
        boolean over = drafts.stream().allMatch(draft -> draft.ended);
        if (room-- <= 0) {
          break;
        }
        scores = read(state, drafts.stream().mapToLong(Draft::last).toArray(), 1);
        if (over) {
          break;
        }
      }
    }
    drafts.forEach(draft -> draft.end(Ending.LENGTH));
    return drafts.stream().map(Draft::done).toList();
  }

  /// A text without tokens begins with the one that begins or ends texts.
  private int[] ids(String prompt, DecodingState state) {
    boolean first = state.tokens() == 0;
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

  private static long[] repeated(int[] ids, int rows) {
    long[] all = new long[ids.length * rows];
    Arrays.setAll(all, i -> ids[i % ids.length]);
    return all;
  }

  /// Scores of the token after `ids`, `[rows, time]`, by row.
  private float[][] read(DecodingState state, long[] ids, int time) {
    int rows = ids.length / time;
    try (var scope = new TensorScope()) {
      long[] last = new long[rows];
      Arrays.setAll(last, row -> (row + 1L) * time - 1);
      Tensor logits =
          model.logits(state.next(Tensors.of(ids, rows, time)), Tensors.of(last, rows), false);
      state.advance(time);
      float[] all = Tensors.floats(logits.reshape(-1));
      int words = all.length / rows;
      float[][] byRow = new float[rows][];
      Arrays.setAll(byRow, row -> Arrays.copyOfRange(all, row * words, (row + 1) * words));
      return byRow;
    }
  }
}
