package org.mneme.app.quickstart;

import java.util.List;
import java.util.Map;
import org.mneme.evaluate.MaskedEvaluation.Score;
import org.mneme.memory.UsageReport;
import org.mneme.report.LossCurve;
import org.mneme.report.UsageHistory;
import org.mneme.train.Trainer.Outcome;

/// What came of one variant.
///
/// @param parameters elements of the model's tensors
/// @param trained those of them that were trained
/// @param peakBytes most memory that the process held while it was trained
/// @param guesses the first guess for each of the masked facts that the page shows
/// @param use of the memory while facts and held-out glosses were read, by block; empty without one
record VariantResult(
    Variant variant,
    Score facts,
    Score heldOut,
    Outcome outcome,
    long parameters,
    long trained,
    long peakBytes,
    LossCurve losses,
    List<UsageHistory> usageHistory,
    List<String> guesses,
    Map<Integer, UsageReport> use) {}
