package org.mneme.data;

/// One line as an exercise.
///
/// @param inputIds the line as the model gets to see it
/// @param targetPositions where tokens are to be guessed, ascending
/// @param targetLabels what stood there
public record MaskedLine(int[] inputIds, int[] targetPositions, int[] targetLabels) {}
