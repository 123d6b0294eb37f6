/// The inner loops of memories, over native memory: the search for the best slots
/// ([org.mneme.memory.kernel.SlotSearch]), and reading, gradients and updates of rows
/// ([org.mneme.memory.kernel.RowKernels]). Each has an implementation with the Vector API and one
/// in plain Java. Beside them what of the dense layers libtorch takes too long for: dense AdamW,
/// and for inference attention and layer norms, whose twins are libtorch's operations.
@NullMarked
package org.mneme.memory.kernel;

import org.jspecify.annotations.NullMarked;
