package org.mneme.memory;

import java.util.List;

/// How evenly a memory layer, or one head of it, read its slots.
///
/// @param slots rows of the table
/// @param tokens tokens that read
/// @param reads slots read, with repetition
/// @param topReads top-1 reads: one, the heaviest, for each token and head
/// @param weight spread of the weight given to slots
/// @param count spread of the reads
/// @param top1Weight spread of the weight of top-1 reads
/// @param top1Count spread of top-1 reads
/// @param heads the same of each head by itself; empty in these
public record UsageReport(
    long slots,
    long tokens,
    long reads,
    long topReads,
    Spread weight,
    Spread count,
    Spread top1Weight,
    Spread top1Count,
    List<UsageReport> heads) {

  /// Copies the list.
  public UsageReport {
    heads = List.copyOf(heads);
  }

  /// Share of the slots (0 to 1) that were given any weight.
  public double usage() {
    return weight.used();
  }

  /// Divergence of the weight from even, in nats.
  public double klWeight() {
    return weight.kl();
  }

  /// Divergence of the reads from even, in nats.
  public double klCount() {
    return count.kl();
  }

  /// Gini coefficient of the weight.
  public double giniWeight() {
    return weight.gini();
  }

  /// Share of the slots (0 to 1) that were the heaviest of a head at least once (Kim & Jung 2020,
  /// arXiv 2010.03881): what a memory that decays loses first.
  public double top1Usage() {
    return top1Count.used();
  }

  /// Divergence of the top-1 reads from even, in nats.
  public double top1KlCount() {
    return top1Count.kl();
  }

  /// Divergence of the weight of the top-1 reads from even, in nats.
  public double top1KlWeight() {
    return top1Weight.kl();
  }

  /// Usage that this many reads would reach if they fell evenly at random: a perfect spreader's.
  public double usedCeiling() {
    return ceiling(reads);
  }

  /// Top-1 usage that this many top-1 reads would reach if they fell evenly at random.
  public double top1Ceiling() {
    return ceiling(topReads);
  }

  /// Usage divided by its ceiling.
  public double usedOfCeiling() {
    return reads == 0 ? 0 : usage() / usedCeiling();
  }

  /// Top-1 usage divided by its ceiling. Judge by this: few reads cannot use many slots.
  public double top1OfCeiling() {
    return topReads == 0 ? 0 : top1Usage() / top1Ceiling();
  }

  private double ceiling(long draws) {
    return -Math.expm1(-(double) draws / slots);
  }
}
