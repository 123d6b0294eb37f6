/// What long commands share: progress, signals, peak memory, the record of a run and its page.
@NullMarked
package org.mneme.app.run;

import org.jspecify.annotations.NullMarked;
