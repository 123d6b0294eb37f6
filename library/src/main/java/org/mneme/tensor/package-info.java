/// Lifetimes, shapes, randomness and the start of libtorch: the one place that knows how native
/// memory lives and dies; and the threads that share work.
@NullMarked
package org.mneme.tensor;

import org.jspecify.annotations.NullMarked;
