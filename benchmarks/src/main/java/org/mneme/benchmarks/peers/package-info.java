/// Mneme beside Python's PyTorch: two child processes run the same case on the same inputs in turn.
@NullMarked
package org.mneme.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
