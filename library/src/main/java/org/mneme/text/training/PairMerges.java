package org.mneme.text.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;

/// Byte-pair encoding (Sennrich et al. 2016): the most frequent pair of neighbouring symbols
/// becomes a symbol of its own, again and again. Of equally frequent pairs the one of lower symbols
/// comes first, so that the same words give the same merges.
final class PairMerges {
  private final int[][] words; // symbols, the first `lengths` of them
  private final int[] lengths;
  private final long[] counts;
  private final PairIndex index = new PairIndex();
  private long[] frequency = new long[1 << 12]; // by pair
  private int[][] places = new int[1 << 12][]; // words in which a pair has been, by pair
  private int[] placeCount = new int[1 << 12];
  private int[] changedBy = new int[1 << 12]; // the last merge that made it more frequent, by pair
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>();

  /// Two symbols that become one.
  record Merge(int left, int right) {}

  /// Names what comes of two symbols.
  interface Symbols {
    /// The new symbol, which may be an old one.
    int merged(int left, int right);

    /// How many there are.
    int size();
  }

  private record Candidate(long frequency, int left, int right, int pair)
      implements Comparable<Candidate> {
    @Override
    public int compareTo(Candidate other) {
      if (frequency != other.frequency) {
        return Long.compare(other.frequency, frequency);
      }
      return left != other.left
          ? Integer.compare(left, other.left)
          : Integer.compare(right, other.right);
    }
  }

  /// Words as symbols, which are changed, and how often each occurs.
  PairMerges(int[][] words, long[] counts) {
    this.words = words;
    this.counts = counts;
    lengths = Arrays.stream(words).mapToInt(word -> word.length).toArray();
  }

  /// Merges until there are `size` symbols, or no pair occurs `least` times.
  List<Merge> learn(Symbols symbols, int size, long least) {
    for (int word = 0; word < words.length; word++) {
      for (int i = 0; i + 1 < lengths[word]; i++) {
        add(words[word][i], words[word][i + 1], word, counts[word]);
      }
    }
    for (int pair = 0; pair < index.size(); pair++) {
      queue.add(new Candidate(frequency[pair], index.left(pair), index.right(pair), pair));
    }
    List<Merge> merges = new ArrayList<>();
    while (symbols.size() < size) {
      Candidate best = queue.poll();
      if (best == null || best.frequency < Math.max(1, least)) {
        break;
      }
      if (best.frequency != frequency[best.pair]) {
        if (frequency[best.pair] > 0) {
          queue.add(new Candidate(frequency[best.pair], best.left, best.right, best.pair));
        }
        continue;
      }
      merges.add(new Merge(best.left, best.right));
      merge(best, symbols.merged(best.left, best.right), merges.size());
    }
    return merges;
  }

  /// @param number of the merge, from 1
  private void merge(Candidate pair, int merged, int number) {
    int[] at = places[pair.pair];
    int count = placeCount[pair.pair];
    places[pair.pair] = new int[0];
    placeCount[pair.pair] = 0;
    List<Integer> grown = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      merge(at[i], pair, merged, number, grown);
    }
    frequency[pair.pair] = 0;
    for (int more : grown) {
      if (frequency[more] > 0) {
        queue.add(new Candidate(frequency[more], index.left(more), index.right(more), more));
      }
    }
  }

  private void merge(int word, Candidate pair, int merged, int number, List<Integer> grown) {
    int[] symbols = words[word];
    int length = lengths[word];
    int to = 0;
    int from = 0;
    while (from < length) {
      boolean found =
          symbols[from] == pair.left && from + 1 < length && symbols[from + 1] == pair.right;
      if (!found) {
        symbols[to++] = symbols[from++];
        continue;
      }
      if (to > 0) {
        frequency[pair(symbols[to - 1], pair.left)] -= counts[word];
        note(add(symbols[to - 1], merged, word, counts[word]), number, grown);
      }
      if (from + 2 < length) {
        frequency[pair(pair.right, symbols[from + 2])] -= counts[word];
        note(add(merged, symbols[from + 2], word, counts[word]), number, grown);
      }
      symbols[to++] = merged;
      from += 2;
    }
    lengths[word] = to;
  }

  private void note(int pair, int number, List<Integer> grown) {
    if (changedBy[pair] != number) {
      changedBy[pair] = number;
      grown.add(pair);
    }
  }

  private int pair(int left, int right) {
    int pair = index.of(left, right);
    if (pair >= frequency.length) {
      frequency = Arrays.copyOf(frequency, 2 * pair);
      places = Arrays.copyOf(places, 2 * pair);
      placeCount = Arrays.copyOf(placeCount, 2 * pair);
      changedBy = Arrays.copyOf(changedBy, 2 * pair);
    }
    return pair;
  }

  private int add(int left, int right, int word, long count) {
    int pair = pair(left, right);
    frequency[pair] += count;
    int[] at = places[pair];
    int places = placeCount[pair];
    if (at == null) {
      at = new int[2];
    } else if (places > 0 && at[places - 1] == word) {
      return pair;
    } else if (places == at.length) {
      at = Arrays.copyOf(at, Math.max(2, 2 * places));
    }
    at[places] = word;
    this.places[pair] = at;
    placeCount[pair] = places + 1;
    return pair;
  }

  /// Pairs of symbols, numbered as they come.
  private static final class PairIndex {
    private static final long NONE = -1;

    private long[] keys = new long[1 << 13];
    private int[] numbers = new int[1 << 13];
    private long[] pairs = new long[1 << 12];
    private int size;

    PairIndex() {
      Arrays.fill(keys, NONE);
    }

    int size() {
      return size;
    }

    int left(int pair) {
      return (int) (pairs[pair] >>> 32);
    }

    int right(int pair) {
      return (int) pairs[pair];
    }

    int of(int left, int right) {
      long key = ((long) left << 32) | right;
      int at = slot(key);
      if (keys[at] == key) {
        return numbers[at];
      }
      if (2 * size >= keys.length) {
        grow();
        at = slot(key);
      }
      keys[at] = key;
      numbers[at] = size;
      if (size == pairs.length) {
        pairs = Arrays.copyOf(pairs, 2 * size);
      }
      pairs[size] = key;
      return size++;
    }

    private int slot(long key) {
      long hash = key * 0x9E3779B97F4A7C15L;
      int at = (int) (hash >>> 32) & (keys.length - 1);
      while (keys[at] != NONE && keys[at] != key) {
        at = (at + 1) & (keys.length - 1);
      }
      return at;
    }

    private void grow() {
      keys = new long[2 * keys.length];
      numbers = new int[keys.length];
      Arrays.fill(keys, NONE);
      for (int pair = 0; pair < size; pair++) {
        int at = slot(pairs[pair]);
        keys[at] = pairs[pair];
        numbers[at] = pair;
      }
    }
  }
}
