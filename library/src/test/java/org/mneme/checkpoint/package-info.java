@NullMarked
package org.mneme.checkpoint;

import org.jspecify.annotations.NullMarked;
