package org.mneme.report;

/// A dashed line across a [LineChart]: the ceiling of a measure, or the value before training.
public record Reference(String label, double value, Tone tone) {}
