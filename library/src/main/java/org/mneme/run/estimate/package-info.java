/// What a training run will take of memory, disk and time, before it takes it.
@NullMarked
package org.mneme.run.estimate;

import org.jspecify.annotations.NullMarked;
