package org.mneme.data;

/// Which lines make up a batch.
///
/// @param lines their indices, in the order of the batch's rows
/// @param time the length of the longest
/// @param padded whether any is shorter
public record LineBatch(int[] lines, int time, boolean padded) {}
