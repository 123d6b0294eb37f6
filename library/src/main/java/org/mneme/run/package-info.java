/// One training run from its settings to its folder, and the reading and comparing of runs.
@NullMarked
package org.mneme.run;

import org.jspecify.annotations.NullMarked;
