package org.mneme.report;

/// How many slots of one memory layer were read, window after window of its training, as shares of
/// all slots.
///
/// @param x steps or seconds, ascending
/// @param top1 the share that was the heaviest of some head's read at least once
/// @param usageCeiling what a perfect spreader would reach with as many reads; windows need not be
///   of one length
/// @param top1Ceiling the same for the heaviest reads, `1 - exp(-reads / slots)`
public record UsageHistory(
    String layer,
    double[] x,
    double[] usage,
    double[] top1,
    double[] usageCeiling,
    double[] top1Ceiling) {}
