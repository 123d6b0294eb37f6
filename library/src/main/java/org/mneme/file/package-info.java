/// What everything that reads and writes files shares: locks, renames that last, hashes.
@NullMarked
package org.mneme.file;

import org.jspecify.annotations.NullMarked;
