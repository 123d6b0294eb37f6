/// Documents as token ids in files that are mapped into memory, and how they get there.
@NullMarked
package org.mneme.data.shard;

import org.jspecify.annotations.NullMarked;
