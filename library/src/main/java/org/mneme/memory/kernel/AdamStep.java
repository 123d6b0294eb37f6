package org.mneme.memory.kernel;

/// The numbers of one step of Adam.
///
/// @param factor by which gradients are scaled first
/// @param new1 1 - beta1
/// @param new2 1 - beta2
/// @param epsilon added to the root of the second moment
/// @param stepSize learning rate with both bias corrections
/// @param seed of the stochastic rounding of bfloat16 numbers: another one for every step
public record AdamStep(
    float factor, float new1, float new2, float epsilon, float stepSize, long seed) {}
