/// Event files for TensorBoard.
@NullMarked
package org.mneme.run.events;

import org.jspecify.annotations.NullMarked;
