/// Metrics of models and reports of how memories are used.
@NullMarked
package org.mneme.evaluate;

import org.jspecify.annotations.NullMarked;
