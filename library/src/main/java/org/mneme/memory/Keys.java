package org.mneme.memory;

import static org.mneme.memory.ConfigReader.check;

/// What a memory's queries are compared with: one score for each slot of each head.
public sealed interface Keys {
  /// The most keys of one side: their pairs still have a number below 2^31.
  int MOST_PER_SIDE = 1 << 15;

  /// The most slots, the square of that.
  int MOST_SLOTS = MOST_PER_SIDE * MOST_PER_SIDE;

  /// Rows of the table.
  int slots();

  /// The most slots that one head can read.
  int mostPerHead();

  /// Two sets of half-keys for each head, whose pairs are the slots: the cost of a search grows
  /// with the root of the slots (Lample et al. 2019, arXiv 1907.05242).
  ///
  /// @param keysPerSide half-keys of each head on each of the two sides
  record ProductKeys(int keysPerSide) implements Keys {
    /// The usual number, for 65,536 slots.
    public static final int USUAL = 256;

    /// Checks the number.
    public ProductKeys {
      check(
          keysPerSide > 0 && keysPerSide <= MOST_PER_SIDE,
          "keysPerSide",
          "keysPerSide %d is outside 1 to %d; change memory.keysPerSide",
          keysPerSide,
          MOST_PER_SIDE);
    }

    @Override
    public int slots() {
      return keysPerSide * keysPerSide;
    }

    @Override
    public int mostPerHead() {
      return keysPerSide;
    }

    /// Pairs of sorted half-scores that can be among the `k` best: those of the a-th and the b-th
    /// (from 1) with `a * b <= k`.
    static int candidates(int k) {
      int pairs = 0;
      for (int a = 1; a <= k; a++) {
        pairs += k / a;
      }
      return pairs;
    }
  }

  /// A whole key for each slot and head, all of them compared with every query: what product keys
  /// are measured against (the same paper's baseline).
  record FlatKeys(int slots) implements Keys {
    /// The usual number: more of them cost much.
    public static final int USUAL = 4096;

    /// Checks the number.
    public FlatKeys {
      check(
          slots > 0 && slots <= MOST_SLOTS,
          "slots",
          "slots %d is outside 1 to %d; change memory.slots",
          slots,
          MOST_SLOTS);
    }

    @Override
    public int mostPerHead() {
      return slots;
    }
  }
}
