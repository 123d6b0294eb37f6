/// Memory layers: a large table of vectors of which every token reads a few rows.
///
/// | here | papers and their code |
/// |---|---|
/// | slot | one row of the value table; memory slot, `indices` |
/// | slots | `N`, `\|K\|`, `size`; `keysPerSide` squared for product keys |
/// | flat keys | a whole key for each slot, exhaustive search |
/// | half-key | sub-key, product key's half, `subkeys` |
/// | keysPerSide | `n`, square root of the slots, `mem_n_keys`, `num_keys` |
/// | slotsPerHead | `k`, `topk`, `mem_knn` |
/// | heads | `H`, `mem_heads` |
/// | queryDim | `d_q`, `k_dim`, `mem_k_dim` |
/// | half | `d_q / 2` |
/// | valueDim | `d_v`, `v_dim`, `mem_v_dim` |
/// | silu gate | Memory+'s `W2 (y * silu(W1 x))`; `output_projection` is `W2`, `gate_projection` `W1` |
/// | experts | PEER's `U` and `V`, here `values_down` and `values_up` |
/// | shared table | one memory pool, several layers |
/// | read | one slot that one head of one token takes a share of |
/// | top-1 read | the heaviest read of a head |
/// | ceiling | usage that reads spread evenly at random would reach |
///
/// One page each: the configurations ([org.mneme.memory.SparseMemoryConfig],
/// [org.mneme.memory.DenseConfig]), the layers ([org.mneme.memory.SparseMemory],
/// [org.mneme.memory.DenseFeedForward]) and the parts of the former in the order in which a token
/// meets them (`QueryNetwork`, `SlotFinder`, `ScoreWeights`, `SlotTables`, `OutputStage`), what was
/// read ([org.mneme.memory.Usage]), tables and their gradients ([org.mneme.memory.ValueTable],
/// [org.mneme.memory.TableGradient]), the optimisers of rows ([org.mneme.memory.RowOptimizer]), and
/// what all of it computes with ([org.mneme.memory.MemoryEngine]).
@NullMarked
package org.mneme.memory;

import org.jspecify.annotations.NullMarked;
