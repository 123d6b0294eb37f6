package org.mneme.data;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;
import org.mneme.config.Described;

/// What a run reads: `data` in its settings.
public record DataConfig(
    @Described("What to train on: files, globs, folders, or sources with their own settings.")
        List<SourceConfig> train,
    @Described("What to evaluate on, in the same way; nothing means no evaluation.")
        List<SourceConfig> dev,
    @Described("What happens to records that cannot be used.") BadRecordsConfig badRecords,
    @Described("How documents become batches.") BatchesConfig batches,
    @Described("At most this many training documents, the first of each source; 0 takes all.")
        long maxTrainSamples,
    @Described("At most this many documents for evaluation, the first of each source; 0: all.")
        long maxDevSamples,
    @Described(
            "Folder that keeps the tokens of texts for later runs; without it a cache that loses"
                + " what no run used for 30 days.")
        @Nullable String cache) {

  /// Sources have to be named; everything else has a usual value.
  public static final DataConfig DEFAULT =
      new DataConfig(
          List.of(), List.of(), BadRecordsConfig.DEFAULT, BatchesConfig.DEFAULT, 0, 0, null);

  /// Checks the numbers.
  public DataConfig {
    train = List.copyOf(train);
    dev = List.copyOf(dev);
    requireNotNegative("data.maxTrainSamples", maxTrainSamples);
    requireNotNegative("data.maxDevSamples", maxDevSamples);
  }

  private static void requireNotNegative(String key, long value) {
    if (value < 0) {
      throw InvalidInputException.config(key, value + " is below 0; give 0 to take all");
    }
  }
}
