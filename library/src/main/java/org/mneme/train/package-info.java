/// The training loop, objectives, optimisers and schedules.
@NullMarked
package org.mneme.train;

import org.jspecify.annotations.NullMarked;
