/// Memory layers: a large table of vectors of which every token reads a few rows.
///
/// | here | papers and their code |
/// |---|---|
/// | slot | one row of the value table; memory slot, `indices` |
/// | slots | `N`, `\|K\|`, `size`; `keysPerSide` squared |
/// | half-key | sub-key, product key's half, `subkeys` |
/// | keysPerSide | `n`, square root of the slots, `mem_n_keys`, `num_keys` |
/// | slotsPerHead | `k`, `topk`, `mem_knn` |
/// | heads | `H`, `mem_heads` |
/// | queryDim | `d_q`, `k_dim`, `mem_k_dim` |
/// | half | `d_q / 2` |
/// | valueDim | `d_v`, `v_dim`, `mem_v_dim` |
/// | read | one slot that one head of one token takes a share of |
/// | top-1 read | the heaviest read of a head |
/// | ceiling | usage that reads spread evenly at random would reach |
///
/// One page each: the two configurations ([org.mneme.memory.ProductKeyConfig],
/// [org.mneme.memory.DenseConfig]), the two layers ([org.mneme.memory.ProductKeyMemory],
/// [org.mneme.memory.DenseFeedForward]), the exact search for the best slots, what was read
/// ([org.mneme.memory.Usage]) and the optimiser of the table ([org.mneme.memory.RowAdam]).
@NullMarked
package org.mneme.memory;

import org.jspecify.annotations.NullMarked;
