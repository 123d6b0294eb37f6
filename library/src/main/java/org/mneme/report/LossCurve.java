package org.mneme.report;

/// The losses of one run over its steps or seconds.
///
/// @param x where the training losses were measured, ascending
/// @param evaluationX where the evaluation losses were measured; may be empty
public record LossCurve(
    String run, double[] x, double[] training, double[] evaluationX, double[] evaluation) {}
