package org.mneme.memory.kernel;

/// Finds, for every query, the slots of highest score.
///
/// What is found is sorted by falling score, of equal scores the lower slot first. A score that is
/// not a number counts as minus infinity. Both implementations give the same slots and sums, bit
/// for bit.
///
/// Holds the working space of one thread: a few kilobytes for a product of 512 by 512 slots, made
/// at the first task and kept for all like it. For flat keys it grows with their number.
public sealed interface SlotSearch permits PlainSlotSearch, VectorSlotSearch {

  /// Native memory of one search. Query q belongs to token q / heads and head q % heads.
  ///
  /// @param scores address of float32 `[heads, 2, tokens, keys]` for product keys (scores of
  ///   half-keys) or `[heads, tokens, keys]` for flat ones
  /// @param slots address of int32 `[tokens, heads, k]`, written
  /// @param sums address of float32 `[tokens, heads, k]`, written: the scores of the slots
  /// @param keys of a side, up to 32,768, or of all, up to 2 to the 30th, if they are flat
  /// @param k from 1 to `keys`
  record Task(long scores, long slots, long sums, int tokens, int heads, int keys, int k) {
    /// Refuses what no search could do.
    public Task {
      if (k < 1 || k > keys) {
        throw new IllegalArgumentException("k " + k + " of " + keys + " keys");
      }
    }
  }

  /// Finds the `k` best of `keys * keys` slots: slot `i * keys + j` scores half-key `i` of the
  /// first side plus half-key `j` of the second, in float32.
  ///
  /// The best slots pair one of the `k` best half-keys of the first side with one of the second;
  /// where both are sorted, the pair of the a-th and the b-th (from 1) is beaten by `a * b - 1`
  /// others, so only pairs with `a * b <= k` are looked at: 119 of 1,024 for 32. Two different sums
  /// that float32 rounds to the same number are equal here, and then a pair beyond those is never
  /// taken, though its slot may be lower.
  ///
  /// @param from first query
  /// @param to end of the queries
  void product(Task task, int from, int to);

  /// Finds the `k` best of `keys` slots, all of them looked at, for the queries from `from` to
  /// `to`.
  void flat(Task task, int from, int to);
}
