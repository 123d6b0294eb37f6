/// What the machine and the installation are like, for `mneme doctor`.
@NullMarked
package org.mneme.tensor.environment;

import org.jspecify.annotations.NullMarked;
