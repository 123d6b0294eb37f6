package org.mneme.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.mneme.data.CausalBatch;
import org.mneme.data.TokenLine;
import org.mneme.text.Tokenizer;

/// Documents one after the other as one stream of tokens, each of which is guessed once.
///
/// The end-of-text token, where the tokenizer has one, stands for the end of every document that
/// ends with no line end of its own, and before the first, whose first token it lets be guessed.
/// Without it, that one is only read.
public final class TextStream {
  private final int[] ids; // the first is only read
  private final boolean[] starts;
  private final TextSize size;

  private TextStream(int[] ids, boolean[] starts, TextSize size) {
    this.ids = ids;
    this.starts = starts;
    this.size = size;
  }

  /// The stream of `documents`.
  public static TextStream of(Tokenizer tokenizer, List<String> documents) {
    OptionalInt end = tokenizer.specialTokens().eos();
    List<int[]> parts = new ArrayList<>();
    List<Integer> begins = new ArrayList<>();
    end.ifPresent(id -> parts.add(new int[] {id}));
    int length = parts.size();
    TextSize size = TextSize.NONE;
    for (String document : documents) {
      int[] tokens = tokenizer.tokens(document).ids();
      begins.add(length);
      parts.add(tokens);
      length += tokens.length;
      size = size.plus(TextSize.of(document));
      if (end.isPresent() && !document.endsWith("\n")) {
        parts.add(new int[] {end.getAsInt()});
        length++;
        size = size.plus(new TextSize(1, 1, 1));
      }
    }
    int[] ids = parts.stream().flatMapToInt(Arrays::stream).toArray();
    boolean[] starts = new boolean[ids.length];
    begins.stream().filter(at -> at < starts.length).forEach(at -> starts[at] = true);
    if (end.isEmpty() && ids.length > 0) {
      size = size.plus(minus(TextSize.of(tokenizer.decode(new int[] {ids[0]}, false))));
    }
    return new TextStream(ids, starts, size);
  }

  private static TextSize minus(TextSize size) {
    return new TextSize(-size.words(), -size.characters(), -size.bytes());
  }

  /// Tokens to be guessed.
  public int targets() {
    return Math.max(0, ids.length - 1);
  }

  /// How much text these are.
  public TextSize size() {
    return size;
  }

  /// Windows that overlap: each token but those of the first window is guessed from `length -
  /// stride` others at least.
  ///
  /// @param length tokens that a window reads, at the most
  /// @param stride how far a window is behind the one before it, from 1 to `length`
  /// @param rows windows in a batch
  public List<CausalBatch> windows(int length, int stride, int rows) {
    if (stride < 1 || stride > length) {
      throw new IllegalArgumentException("stride %d, length %d".formatted(stride, length));
    }
    List<Window> windows = new ArrayList<>();
    int guessed = 0; // the target of the last window's last token
    for (int from = 0; guessed < targets(); from += stride) {
      int to = Math.min(from + length, targets());
      windows.add(new Window(from, to, guessed));
      guessed = to;
    }
    List<CausalBatch> batches = new ArrayList<>();
    for (int i = 0; i < windows.size(); i += rows) {
      batches.add(batch(windows.subList(i, Math.min(windows.size(), i + rows)), false));
    }
    return batches;
  }

  /// Segments for a recurrent model: the stream in `lanes` parts side by side, whose pieces of
  /// `length` tokens follow each other in the batches.
  public List<CausalBatch> segments(int length, int lanes) {
    int lane = Math.ceilDiv(targets(), lanes);
    List<CausalBatch> batches = new ArrayList<>();
    for (int done = 0; done < lane; done += length) {
      int from = done;
      List<Window> windows =
          IntStream.range(0, lanes)
              .mapToObj(i -> {
                int end = Math.min(targets(), (i + 1) * lane);
                int begin = Math.min(end, i * lane + from);
                return new Window(begin, Math.min(end, begin + length), begin);
              })
              .toList();
      batches.add(batch(windows, done > 0));
    }
    return batches;
  }

  /// Tokens `from` to `to` (the latter left out) are read; those behind token `guessed` are to be
  /// guessed.
  private record Window(int from, int to, int guessed) {}

  private CausalBatch batch(List<Window> windows, boolean continues) {
    int time = windows.stream().mapToInt(window -> window.to - window.from).max().orElse(0);
    long[] input = new long[windows.size() * time];
    long[] mask = new long[input.length];
    long[] targets = new long[input.length];
    boolean[] begins = new boolean[input.length];
    Arrays.fill(targets, TokenLine.NO_TARGET);
    for (int row = 0; row < windows.size(); row++) {
      Window window = windows.get(row);
      for (int at = window.from; at < window.to; at++) {
        int place = row * time + at - window.from;
        input[place] = ids[at];
        mask[place] = 1;
        begins[place] = starts[at];
        targets[place] = at < window.guessed ? TokenLine.NO_TARGET : ids[at + 1];
      }
    }
    boolean padded = Arrays.stream(mask).anyMatch(real -> real == 0);
    return new CausalBatch(windows.size(), time, input, mask, targets, begins, padded, continues);
  }
}
