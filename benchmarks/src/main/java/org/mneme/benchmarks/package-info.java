/// How fast things are, each with a figure that shows they are right.
@NullMarked
package org.mneme.benchmarks;

import org.jspecify.annotations.NullMarked;
