package org.mneme.data.task;

import java.util.Arrays;

/// Puts the labels of tokens together to those of words, while batches come in order
/// ([TaskBatches#inOrder]). For one thread.
public final class TagCollector {
  /// Takes the labels of texts, one after the other.
  @FunctionalInterface
  public interface Sink {
    /// The labels of the words of an example, [TaskFeatures#IGNORED] for words without a token.
    void accept(int example, int[] labels);
  }

  private final TaggedFeatures features;
  private final Sink sink;
  private int row;
  private int[] words = {};

  /// Hands the labels of the texts of `features` to `sink`, in order.
  public TagCollector(TaggedFeatures features, Sink sink) {
    this.features = features;
    this.sink = sink;
  }

  /// Takes the most probable labels of a batch.
  ///
  /// @param labels `[rows * time]`
  public void add(TaskBatch batch, int[] labels) {
    int time = batch.tokens().time();
    for (int i = 0; i < batch.rows().length; i++) {
      if (batch.rows()[i] != row) {
        throw new IllegalArgumentException(
            "row %d instead of %d: batches have to come in order".formatted(batch.rows()[i], row));
      }
      addRow(labels, i * time);
    }
  }

  private void addRow(int[] labels, int from) {
    int example = features.rows().example(row);
    if (row == 0 || features.rows().example(row - 1) != example) {
      words = new int[features.labels(example).length];
      Arrays.fill(words, TaskFeatures.IGNORED);
    }
    for (int k = 0; k < features.words(row).length; k++) {
      words[features.words(row)[k]] = labels[from + features.places(row)[k]];
    }
    row++;
    if (row == features.rows().size() || features.rows().example(row) != example) {
      sink.accept(example, words);
    }
  }
}
