package org.mneme.text.training;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// How often words occur in texts. The order in which texts come, and how many threads count them,
/// changes nothing.
final class WordCounts {
  /// Characters of text that are counted at once: some megabytes, so that little is in memory.
  private static final int CHUNK = 1 << 22;

  private static final int PARTS = Runtime.getRuntime().availableProcessors();

  private final Splitter splitter;
  private final List<Chunk> waiting = new ArrayList<>();
  private final Map<String, long[]> counts = new HashMap<>();
  private long characters;

  /// A word and how often it occurs.
  record Counted(String word, long count) {}

  /// Parts a text into words.
  interface Splitter {
    /// Hands each word on.
    void split(String text, Words words);
  }

  /// Takes words.
  interface Words {
    /// A word, a piece of `text`.
    void word(String text, int from, int to);
  }

  /// Nothing counted yet.
  WordCounts(Splitter splitter) {
    this.splitter = splitter;
  }

  /// Counts the words of a text, sooner or later.
  void add(String text) {
    if (waiting.isEmpty() || waiting.getLast().characters > CHUNK) {
      if (waiting.size() == PARTS) {
        finish();
      }
      waiting.add(new Chunk(splitter));
    }
    Chunk last = waiting.getLast();
    last.texts.add(text);
    last.characters += text.length();
  }

  /// Counts what waits, on all processors.
  void finish() {
    waiting.parallelStream().forEach(Chunk::count);
    for (Chunk chunk : waiting) {
      characters += chunk.characters;
      chunk.counts.forEach(
          (word, count) -> counts.computeIfAbsent(word, _ -> new long[1])[0] += count[0]);
    }
    waiting.clear();
  }

  /// Texts that are counted together.
  private static final class Chunk {
    private final Splitter splitter;
    private final List<String> texts = new ArrayList<>();
    private final Map<String, long[]> counts = new HashMap<>();
    private long characters;

    Chunk(Splitter splitter) {
      this.splitter = splitter;
    }

    void count() {
      for (String text : texts) {
        splitter.split(
            text,
            (all, from, to) ->
                counts.computeIfAbsent(all.substring(from, to), _ -> new long[1])[0]++);
      }
    }
  }

  /// Characters (UTF-16 units) of the texts.
  long characters() {
    return characters;
  }

  /// All words, the most frequent first, equally frequent ones in the order of their characters.
  List<Counted> sorted() {
    return counts.entrySet().stream()
        .map(entry -> new Counted(entry.getKey(), entry.getValue()[0]))
        .sorted(Comparator.comparingLong(Counted::count).reversed().thenComparing(Counted::word))
        .toList();
  }
}
