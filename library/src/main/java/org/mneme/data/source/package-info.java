/// From files of any known format to documents: one after the other, never all at once, with the
/// place each comes from and an account of what could not be used.
@NullMarked
package org.mneme.data.source;

import org.jspecify.annotations.NullMarked;
